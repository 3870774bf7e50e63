import { lstat, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  errorCode,
  type FileBytes,
  FileRefused,
  type Fingerprint,
  fingerprint,
  MIB,
  readBoundedFile,
  utf8Text,
} from '../files/bounded-file.js';
import { type ManifestContent, manifestContent } from './manifest-content.js';
import { LONGEST_YAML } from './manifest-documents.js';
import { Unreadable, unreadable } from './manifest-problems.js';

/** Files looked at side by side: enough to hide most of the waiting, few enough to hold all their bytes. */
const AT_ONCE = 8;

/** What became of one file since the look before. */
export type FileChange =
  | { readonly kind: 'read'; readonly file: string; readonly content: ManifestContent }
  | { readonly kind: 'unreadable'; readonly file: string; readonly error: Unreadable }
  /** Somebody was writing while it was read: what was read is worth nothing. */
  | { readonly kind: 'unsettled'; readonly file: string }
  | { readonly kind: 'gone'; readonly file: string };

/** The files of one folder, each read again only when it has changed. */
export class FolderContents {
  readonly #folder: string;
  /** What each file looked like when it was last read; undefined for those to be read again in any case. */
  readonly #seen = new Map<string, Fingerprint | undefined>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The changes since the look before. Rejects with Unreadable where the folder itself cannot be read. */
  async look(): Promise<FileChange[]> {
    const names = await manifestNames(this.#folder);
    const changes = this.#forgetAllBut(new Set(names));
    for (let start = 0; start < names.length; start += AT_ONCE) {
      const looks = names.slice(start, start + AT_ONCE).map((file) => this.#lookAt(file));
      for (const change of await Promise.all(looks)) if (change !== undefined) changes.push(change);
    }
    return changes;
  }

  // Only the listing says that a file is gone. One that was listed and is not found now shows a folder that is
  // vanishing below us; then nothing is known, and the next look will fail or list again.
  #forgetAllBut(present: ReadonlySet<string>): FileChange[] {
    const gone = [...this.#seen.keys()].filter((file) => !present.has(file));
    return gone.map((file) => {
      this.#seen.delete(file);
      return { kind: 'gone', file };
    });
  }

  async #lookAt(file: string): Promise<FileChange | undefined> {
    const path = join(this.#folder, file);
    try {
      const now = fingerprint(await stat(path, { bigint: true }));
      if (this.#seen.get(file) === now) return undefined;
      return await this.#read(file, await readManifestBytes(path));
    } catch (error) {
      if (errorCode(error) === 'ENOENT' && !(await isLink(path))) return undefined;
      this.#seen.set(file, undefined);
      return { kind: 'unreadable', file, error: fileUnreadable(error) };
    }
  }

  async #read(file: string, { bytes, fingerprint }: FileBytes): Promise<FileChange> {
    this.#seen.set(file, fingerprint);
    if (fingerprint === undefined) return { kind: 'unsettled', file };
    try {
      return { kind: 'read', file, content: await manifestContent(file, utf8Text(bytes)) };
    } catch (error) {
      return { kind: 'unreadable', file, error: unreadable(error) };
    }
  }
}

/**
 * The names of the manifests in a folder, sorted by code unit, so that "the first file" is the same everywhere.
 * Names that begin with a dot are passed over: `..data` and its like in a mounted ConfigMap, and what editors
 * leave lying about. Folders below are not entered. Rejects with Unreadable.
 */
async function manifestNames(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => /^[^.].*\.(?:yaml|yml|json)$/s.test(name)).sort();
  } catch (error) {
    if (errorCode(error) !== 'ENOTDIR') throw unreadable(error);
    throw new Unreadable('is not a folder (ENOTDIR)', 'Name a folder that holds the manifests.');
  }
}

function fileUnreadable(error: unknown): Unreadable {
  if (errorCode(error) !== 'ENOENT') return unreadable(error);
  return new Unreadable('is a symbolic link that points to nothing (ENOENT)', 'Mend or remove the link.');
}

async function isLink(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isSymbolicLink();
  } catch {
    return false;
  }
}

/** Bytes. JSON takes a hundredth of the time. */
const LONGEST_JSON = 64 * MIB;

/** Rejects with Unreadable or with an error of node:fs. */
async function readManifestBytes(path: string): Promise<FileBytes> {
  const longest = path.endsWith('.json') ? LONGEST_JSON : LONGEST_YAML;
  try {
    return await readBoundedFile(path, longest);
  } catch (error) {
    const isTooLarge = error instanceof FileRefused && error.reason === 'too large';
    if (!isTooLarge) throw error;
    throw new Unreadable(error.message, 'Split it into several files; JSON may be larger than YAML.');
  }
}
