import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** Why a file that can be opened is not read, or is no text. */
type RefusedFile = 'folder' | 'no regular file' | 'too large' | 'no text';

/** The message follows the name of the file in a sentence, without a full stop. */
export class FileRefused extends Error {
  readonly reason: RefusedFile;
  /** One sentence. */
  readonly remedy: string;

  constructor(reason: RefusedFile, message: string, remedy: string) {
    super(message);
    this.reason = reason;
    this.remedy = remedy;
  }
}

/** What distinguishes one state of a file from another without reading it. */
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

export const MIB = 2 ** 20;

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
  checkStat(before, longest);
  const bytes = await file.readFile();
  const after = await file.stat({ bigint: true });
  const settled = fingerprint(before) === fingerprint(after) && BigInt(bytes.length) === after.size;
  return { bytes, fingerprint: settled ? fingerprint(after) : undefined };
}

function checkStat(found: BigIntStats, longest: number): void {
  if (found.isDirectory())
    throw new FileRefused('folder', 'is a folder', 'Put a file there, or correct the path.');
  if (!found.isFile())
    throw new FileRefused('no regular file', 'is not a regular file', 'Put a regular file there.');
  if (found.size <= BigInt(longest)) return;
  const sizes = `is ${(Number(found.size) / MIB).toFixed(1)} MiB large, and at most ${longest / MIB} MiB are read`;
  throw new FileRefused('too large', sizes, 'Check that it is the right file.');
}

/** Throws FileRefused where the bytes are no text. */
export function utf8Text(bytes: Uint8Array): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (!text.includes('\0')) return text;
  } catch {
    // Said below, together with the zero bytes that are valid UTF-8 but no text.
  }
  throw new FileRefused('no text', 'is not UTF-8 text', 'Save it as UTF-8.');
}

/** The code of an error of node:fs; undefined for all others. */
export function errorCode(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

const FAULTS: Readonly<Record<string, readonly [fault: string, remedy: string]>> = {
  EACCES: ['may not be read by this process (EACCES)', 'Give it read permission.'],
  EPERM: ['may not be read by this process (EPERM)', 'Give it read permission.'],
  ELOOP: ['is a symbolic link that leads back to itself (ELOOP)', 'Make the link point to a file.'],
  ENOENT: ['does not exist (ENOENT)', 'Create or mount it, or correct the path.'],
  ENOTDIR: ['lies below something that is no folder (ENOTDIR)', 'Correct the path.'],
  EMFILE: ['cannot be opened, because too many files are open (EMFILE)', 'Raise the limit of open files.'],
};

/** Why a file or folder cannot be read. */
interface FileFault {
  /** Follows its name in a sentence, without a full stop. */
  readonly fault: string;
  /** One sentence. */
  readonly remedy: string;
}

/** What FileRefused or an error of node:fs says; anything else is a mistake in this program and thrown on. */
export function fileFault(error: unknown): FileFault {
  if (error instanceof FileRefused) return { fault: error.message, remedy: error.remedy };
  const code = errorCode(error);
  if (code === undefined) throw error;
  const [fault, remedy] = FAULTS[code] ?? [`cannot be read (${code})`, 'Look at the disk it is on.'];
  return { fault, remedy };
}
