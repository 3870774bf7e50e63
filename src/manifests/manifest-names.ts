import { readdir } from 'node:fs/promises';
import { unreadable } from './unreadable.js';

/**
 * The names of the manifests in a folder, sorted by code unit, so that "the first file" is the same everywhere.
 * Names that begin with a dot are passed over: `..data` and its like in a mounted ConfigMap, and what editors
 * leave lying about. Folders below are not entered. Rejects with Unreadable.
 */
export async function manifestNames(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => /^[^.].*\.(?:yaml|yml|json)$/s.test(name)).sort();
  } catch (error) {
    throw unreadable(error);
  }
}
