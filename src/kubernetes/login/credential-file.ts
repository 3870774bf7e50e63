import { fileFault, MIB, readBoundedFile } from '../../files/bounded-file.js';
import { shown } from '../../files/shown.js';
import { credentialsError, type Place } from './credentials-error.js';

/** Bytes. A kubeconfig of hundreds of clusters, or a bundle of all public authorities, has less than one MiB. */
const LONGEST = 4 * MIB;

/** Reads a file that `place` names. */
export async function readCredentialFile(path: string, place: Place): Promise<Buffer> {
  try {
    return Buffer.from((await readBoundedFile(path, LONGEST)).bytes);
  } catch (error) {
    const { fault, remedy } = fileFault(error);
    throw credentialsError(place, `the file ${shown(path)} ${fault}.`, remedy);
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
