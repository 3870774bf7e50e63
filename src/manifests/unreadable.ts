import { errorCode } from '../files/bounded-file.js';

/** Why a file or folder cannot be read. Unknown is not absent: what was known of it stays. */
export class Unreadable extends Error {
  /** One sentence. */
  readonly remedy: string;

  constructor(message: string, remedy: string) {
    super(message);
    this.remedy = remedy;
  }
}

const REMEDIES: Readonly<Record<string, readonly [message: string, remedy: string]>> = {
  EACCES: ['may not be read by this process (EACCES)', 'Give it read permission.'],
  EPERM: ['may not be read by this process (EPERM)', 'Give it read permission.'],
  ELOOP: ['is a symbolic link that leads back to itself (ELOOP)', 'Make the link point to a file.'],
  ENOENT: ['does not exist (ENOENT)', 'Create it, or correct the path.'],
  ENOTDIR: ['is not a folder (ENOTDIR)', 'Name a folder that holds the manifests.'],
  EMFILE: ['cannot be opened, because too many files are open (EMFILE)', 'Raise the limit of open files.'],
};

/** Classifies what node:fs threw; anything without an error code is a mistake in this program and thrown on. */
export function unreadable(error: unknown): Unreadable {
  if (error instanceof Unreadable) return error;
  const code = errorCode(error);
  if (code === undefined) throw error;
  const [message, remedy] = REMEDIES[code] ?? [`cannot be read (${code})`, 'Look at the disk it is on.'];
  return new Unreadable(message, remedy);
}
