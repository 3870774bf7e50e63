import { type FSWatcher, watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import { errorCode } from './bounded-file.js';

interface WatchTiming {
  /** Milliseconds of quiet after an event before the folder is looked at: editors write a file in several steps. */
  readonly settle: number;
  /** Milliseconds between two looks in any case. */
  readonly rescan: number;
}

/** As node:fs has it: reports changes in a folder, or throws where it cannot. */
export type WatchFolder = (folder: string, changed: () => void) => FSWatcher;

/**
 * Calls back when the folder may have changed: soon after inotify reports it, and every `rescan` milliseconds in any
 * case, because inotify sees neither what other machines write to a shared file system, nor what happens behind
 * a symbolic link.
 */
export class FolderWatch {
  readonly #folder: string;
  readonly #timing: WatchTiming;
  readonly #changed: () => void;
  readonly #watchFolder: WatchFolder;
  #watcher: FSWatcher | undefined;
  #watched: string | undefined;
  #settling: NodeJS.Timeout | undefined;
  #skipped = false;
  #rescanning: NodeJS.Timeout | undefined;

  constructor(folder: string, timing: WatchTiming, changed: () => void, watchFolder: WatchFolder = watch) {
    this.#folder = folder;
    this.#watchFolder = watchFolder;
    this.#timing = timing;
    this.#changed = changed;
  }

  /** Calls back every `rescan` milliseconds from now on. */
  begin(): void {
    this.#rescanning ??= setInterval(() => this.#tick(), this.#timing.rescan);
  }

  /** Calls back once no event has come for a while. */
  lookSoon(): void {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => {
      this.#settling = undefined;
      this.#changed();
    }, this.#timing.settle);
  }

  /**
   * Watches what now bears the folder's name, which may be another folder than before. To be called before each
   * look, so that nothing happens unseen in between. Answers with the error code where it cannot be watched.
   */
  async watch(): Promise<string | undefined> {
    const identity = await folderIdentity(this.#folder);
    if (identity !== undefined && identity === this.#watched) return undefined;
    this.#unwatch();
    return identity === undefined ? undefined : this.#watchAs(identity);
  }

  close(): void {
    this.#unwatch();
    clearTimeout(this.#settling);
    this.#settling = undefined;
    clearInterval(this.#rescanning);
    this.#rescanning = undefined;
  }

  // While somebody is writing a regular look could find an emptied file that is about to be filled again. One is
  // skipped for that; the next is not, so that a folder that changes all the time is looked at all the same.
  #tick(): void {
    this.#skipped = this.#settling !== undefined && !this.#skipped;
    if (!this.#skipped) this.#changed();
  }

  #watchAs(identity: string): string | undefined {
    try {
      this.#watcher = this.#watchFolder(this.#folder, () => this.lookSoon());
    } catch (error) {
      return errorCode(error) ?? String(error);
    }
    this.#watched = identity;
    this.#watcher.on('error', () => this.#unwatch());
    return undefined;
  }

  #unwatch(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
    this.#watched = undefined;
  }
}

// The time of birth, because a folder that is removed and made again often gets the old inode number.
async function folderIdentity(folder: string): Promise<string | undefined> {
  try {
    const { dev, ino, birthtimeNs } = await stat(folder, { bigint: true });
    return [dev, ino, birthtimeNs].join(':');
  } catch {
    return undefined;
  }
}
