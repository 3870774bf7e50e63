import { type FSWatcher, watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import { errorCode } from './bounded-file.js';

interface AlarmTiming {
  /** Milliseconds of quiet after an event before the alarm rings: editors write a file in several steps. */
  readonly settle: number;
  /** Milliseconds between two rings in any case. */
  readonly rescan: number;
}

/** As node:fs has it: reports changes in a folder, or throws where it cannot. */
export type WatchFolder = (folder: string, changed: () => void) => FSWatcher;

/**
 * Rings when the folder may have changed: soon after inotify reports it, and every `rescan` milliseconds in any
 * case, because inotify sees neither what other machines write to a shared file system, nor what happens behind
 * a symbolic link.
 */
export class FolderAlarm {
  readonly #folder: string;
  readonly #timing: AlarmTiming;
  readonly #ring: () => void;
  readonly #watchFolder: WatchFolder;
  #watcher: FSWatcher | undefined;
  #watched: string | undefined;
  #settling: NodeJS.Timeout | undefined;
  #passedOver = false;
  #rescanning: NodeJS.Timeout | undefined;

  constructor(folder: string, timing: AlarmTiming, ring: () => void, watchFolder: WatchFolder = watch) {
    this.#folder = folder;
    this.#watchFolder = watchFolder;
    this.#timing = timing;
    this.#ring = ring;
  }

  /** Rings every `rescan` milliseconds from now on. */
  begin(): void {
    this.#rescanning ??= setInterval(() => this.#tick(), this.#timing.rescan);
  }

  /** Rings once all is quiet. */
  stir(): void {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => {
      this.#settling = undefined;
      this.#ring();
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

  // While somebody is writing a regular look could meet an emptied file that is about to be filled again. One is
  // passed over for that; the next is not, so that a folder that never rests is looked at all the same.
  #tick(): void {
    this.#passedOver = this.#settling !== undefined && !this.#passedOver;
    if (!this.#passedOver) this.#ring();
  }

  #watchAs(identity: string): string | undefined {
    try {
      this.#watcher = this.#watchFolder(this.#folder, () => this.stir());
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
