import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** Why a file that can be opened is not read, or is no text. */
type RefusedFile = 'folder' | 'no regular file' | 'too large' | 'no text';

/** Says only what is so: the remedy is that of whoever needs the file. */
export class FileRefused extends Error {
  readonly reason: RefusedFile;
  /** Bytes. */
  readonly size: number;

  constructor(reason: RefusedFile, size = 0) {
    super(reason);
    this.reason = reason;
    this.size = size;
  }
}

/** What tells one state of a file from another without reading it. */
export type Fingerprint = string & { readonly __brand: 'Fingerprint' };

// The change time catches what the rest does not: a replaced text of equal length whose modification time an
// archiver put back, and a file that has become readable.
export function fingerprint({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): Fingerprint {
  return [dev, ino, size, mtimeNs, ctimeNs].join(':') as Fingerprint;
}

export interface FileBytes {
  readonly bytes: Uint8Array;
  /** Of the very bytes that were read; undefined where somebody was still writing. */
  readonly fingerprint: Fingerprint | undefined;
}

/** A file of at most so many bytes. Rejects with FileRefused or with an error of node:fs. */
export async function readBoundedFile(path: string, longest: number): Promise<FileBytes> {
  // Without O_NONBLOCK a named pipe of that name would hold the process for ever.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return await readSettled(file, longest);
  } finally {
    await file.close();
  }
}

async function readSettled(file: FileHandle, longest: number): Promise<FileBytes> {
  const before = await file.stat({ bigint: true });
  if (before.isDirectory()) throw new FileRefused('folder');
  if (!before.isFile()) throw new FileRefused('no regular file');
  if (before.size > BigInt(longest)) throw new FileRefused('too large', Number(before.size));
  const bytes = await file.readFile();
  const after = await file.stat({ bigint: true });
  const settled = fingerprint(before) === fingerprint(after) && BigInt(bytes.length) === after.size;
  return { bytes, fingerprint: settled ? fingerprint(after) : undefined };
}

/** Throws FileRefused where the bytes are no text. */
export function utf8Text(bytes: Uint8Array): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (!text.includes('\0')) return text;
  } catch {
    // Said below, together with the zero bytes that are valid UTF-8 but no text.
  }
  throw new FileRefused('no text');
}

/** The code of an error of node:fs; undefined for all others. */
export function errorCode(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}
