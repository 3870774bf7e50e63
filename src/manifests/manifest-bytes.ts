import { type FileBytes, FileRefused, readBoundedFile, utf8Text } from '../files/bounded-file.js';
import { Unreadable } from './unreadable.js';

const MiB = 2 ** 20;
/** Bytes. Parsing takes 0.7 s per MiB, and a single document holds up the process for that long. */
export const LONGEST_YAML = 16 * MiB;
/** Bytes. JSON takes a hundredth of the time. */
const LONGEST_JSON = 64 * MiB;

/** Rejects with Unreadable or with an error of node:fs. */
export async function readManifestBytes(path: string): Promise<FileBytes> {
  const longest = path.endsWith('.json') ? LONGEST_JSON : LONGEST_YAML;
  try {
    return await readBoundedFile(path, longest);
  } catch (error) {
    throw error instanceof FileRefused ? refused(error, longest) : error;
  }
}

/** Throws Unreadable where the bytes are no text. */
export function decode(bytes: Uint8Array): string {
  try {
    return utf8Text(bytes);
  } catch {
    throw new Unreadable('is not UTF-8 text', 'Save it as UTF-8, or keep it elsewhere.');
  }
}

function refused({ reason, size }: FileRefused, longest: number): Unreadable {
  if (reason !== 'too large')
    return new Unreadable('is not a regular file', 'Keep only files under such names here.');
  const found = `is ${(size / MiB).toFixed(1)} MiB large, and at most ${longest / MiB} MiB are read`;
  return new Unreadable(found, 'Split it into several files; JSON may be larger than YAML.');
}
