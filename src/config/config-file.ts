import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { type ConfigError, unreadableConfig } from './config-error.js';

/** Bytes. kubeadm's file has two thousand; what is larger is not a configuration. */
const LARGEST = 1_048_576;

const REMEDIES: Readonly<Record<string, readonly [message: string, remedy: string]>> = {
  ENOENT: ['does not exist (ENOENT).', 'Create it, or correct --config.'],
  EACCES: ['may not be read by this process (EACCES).', 'Give it read permission.'],
  EPERM: ['may not be read by this process (EPERM).', 'Give it read permission.'],
  ENOTDIR: ['lies below something that is not a folder (ENOTDIR).', 'Correct --config.'],
  ELOOP: ['is a symbolic link that leads back to itself (ELOOP).', 'Make the link point to a file.'],
};

/** The text of a configuration file. Rejects with ConfigError where there is none. */
export async function readConfigText(path: string): Promise<string> {
  try {
    return decode(path, await readBytes(path));
  } catch (error) {
    throw asConfigError(path, error);
  }
}

async function readBytes(path: string): Promise<Uint8Array> {
  // Without O_NONBLOCK a named pipe would hold the process for ever.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    await checkFile(path, file);
    return await file.readFile();
  } finally {
    await file.close();
  }
}

async function checkFile(path: string, file: FileHandle): Promise<void> {
  const found = await file.stat();
  if (found.isDirectory())
    throw unreadableConfig(path, 'is a folder.', 'Name the file in it, such as config.conf.');
  if (!found.isFile())
    throw unreadableConfig(path, 'is not a regular file.', 'Name a file that can be read again and again.');
  if (found.size > LARGEST)
    throw unreadableConfig(
      path,
      `has ${found.size} bytes, and at most ${LARGEST} are read.`,
      'Check that it is a configuration at all.',
    );
}

function decode(path: string, bytes: Uint8Array): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (!text.includes('\0')) return text;
  } catch {
    // Said below, together with the zero bytes that are valid UTF-8 but no text.
  }
  throw unreadableConfig(path, 'is not UTF-8 text.', 'Save it as UTF-8 YAML.');
}

// Anything without an error code is a ConfigError already, or a mistake in this program.
function asConfigError(path: string, error: unknown): ConfigError | unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  if (code === undefined) return error;
  const [message, remedy] = REMEDIES[code] ?? [`cannot be read (${code}).`, 'Look at the disk it is on.'];
  return unreadableConfig(path, message, remedy);
}
