import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Unreadable } from './unreadable.js';

const MiB = 2 ** 20;
/** Bytes. Parsing takes 0.7 s per MiB, and a single document holds up the process for that long. */
export const LONGEST_YAML = 16 * MiB;
/** Bytes. JSON takes a hundredth of the time. */
const LONGEST_JSON = 64 * MiB;

/** What tells one state of a file from another without reading it. */
export type Fingerprint = string & { readonly __brand: 'Fingerprint' };

// The change time catches what the rest does not: a replaced text of equal length whose modification time an
// archiver put back, and a file that has become readable.
export function fingerprint({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): Fingerprint {
  return [dev, ino, size, mtimeNs, ctimeNs].join(':') as Fingerprint;
}

export interface ManifestBytes {
  readonly bytes: Uint8Array;
  /** Of the very bytes that were read; undefined where somebody was still writing. */
  readonly fingerprint: Fingerprint | undefined;
}

/** Rejects with Unreadable or with an error of node:fs. */
export async function readManifestBytes(path: string): Promise<ManifestBytes> {
  // Without O_NONBLOCK a named pipe that somebody calls x.yaml would hold the process for ever.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return await readSettled(file, path.endsWith('.json') ? LONGEST_JSON : LONGEST_YAML);
  } finally {
    await file.close();
  }
}

async function readSettled(file: FileHandle, longest: number): Promise<ManifestBytes> {
  const before = await file.stat({ bigint: true });
  if (!before.isFile())
    throw new Unreadable('is not a regular file', 'Keep only files under such names here.');
  if (before.size > BigInt(longest)) throw tooLarge(Number(before.size), longest);
  const bytes = await file.readFile();
  const after = await file.stat({ bigint: true });
  const settled = fingerprint(before) === fingerprint(after) && BigInt(bytes.length) === after.size;
  return { bytes, fingerprint: settled ? fingerprint(after) : undefined };
}

function tooLarge(size: number, longest: number): Unreadable {
  const found = `is ${(size / MiB).toFixed(1)} MiB large, and at most ${longest / MiB} MiB are read`;
  return new Unreadable(found, 'Split it into several files; JSON may be larger than YAML.');
}

/** Throws Unreadable where the bytes are no text. */
export function decode(bytes: Uint8Array): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (!text.includes('\0')) return text;
  } catch {
    // Said below, together with the zero bytes that are valid UTF-8 but no text.
  }
  throw new Unreadable('is not UTF-8 text', 'Save it as UTF-8, or keep it elsewhere.');
}
