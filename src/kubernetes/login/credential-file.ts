import { readFile } from 'node:fs/promises';
import { shown } from '../../files/shown.js';
import { credentialsError, type Place } from './credentials-error.js';

const FAULTS: Readonly<Record<string, readonly [fault: string, remedy: string]>> = {
  ENOENT: ['does not exist', 'Mount or create it, or correct the path.'],
  ENOTDIR: ['lies below something that is no folder', 'Correct the path.'],
  EISDIR: ['is a folder', 'Name the file in it.'],
  EACCES: ['may not be read by this process', 'Give it read permission.'],
  EPERM: ['may not be read by this process', 'Give it read permission.'],
};

/** Reads a file that `place` names. */
export async function readCredentialFile(path: string, place: Place): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const [fault, remedy] = FAULTS[code] ?? ['cannot be read', 'Look at the disk it is on.'];
    throw credentialsError(place, `the file ${shown(path)} ${fault} (${code}).`, remedy);
  }
}

/** A token as a header can carry it. */
export async function readTokenFile(path: string, place: Place): Promise<string> {
  const text = (await readCredentialFile(path, place)).toString('utf8');
  return checkedToken(text, place, ` in the file ${shown(path)}`);
}

/** Takes the line end off that every token file has, and refuses what would break or forge a header. */
export function checkedToken(text: string, place: Place, where = ''): string {
  const token = text.trim();
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  const fault = token === '' ? 'is empty' : 'holds characters that no token has';
  throw credentialsError(place, `the token${where} ${fault}.`, 'Put a bearer token there, on one line.');
}
