import { access, constants, lstat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Takes an archive as a whole, so that whoever ends the command early leaves no half of one. */
export type TakeArchive = (bytes: Uint8Array) => Promise<void>;

/** Where an archive goes, or a sentence that says why it cannot: asked before anybody waits a minute for it. */
export async function archiveTarget(place: string): Promise<TakeArchive | string> {
  if (place === '-')
    return process.stdout.isTTY === true ? 'a terminal shows no archive; name a file' : toStdout;
  try {
    await access(dirname(place), constants.W_OK);
  } catch (error) {
    return `${place} cannot be made: ${error instanceof Error ? error.message : String(error)}`;
  }
  if (await lstat(place).catch(() => undefined)) return `${place} is there already; name another file`;
  // Never through a link that somebody laid where root was expected to write.
  return (bytes) => writeFile(place, bytes, { flag: 'wx', mode: 0o600 });
}

function toStdout(bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}
