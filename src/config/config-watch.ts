import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { FolderWatch } from '../files/folder-watch.js';
import { OneAtATime } from '../files/one-at-a-time.js';
import type { Problem } from '../model/problem.js';
import { ConfigError } from './config-error.js';
import { readConfigText } from './config-file.js';
import { type Configuration, configurationFrom } from './configuration.js';
import { type SettingsChange, settingsChange } from './settings-change.js';

interface ConfigListener {
  /**
   * The file means something else than what the agent runs with. Where `change.restart` names anything, end the agent.
   */
  changed(next: Configuration, change: SettingsChange): void;
  /** What is wrong with the file now, while the old settings stay in force; empty once it is mended. */
  problems(problems: readonly Problem[]): void;
}

/** Milliseconds: see FolderWatch. */
const TIMING = { settle: 200, rescan: 10_000 };

/**
 * Notices when the configuration file has come to mean something else. Watches the folder, because a mounted ConfigMap
 * changes by a link beside the file, and an editor replaces the file by another of the same name.
 */
export class ConfigWatch {
  readonly #listener: ConfigListener;
  readonly #folderWatch: FolderWatch | undefined;
  readonly #looks = new OneAtATime(() => this.#look());
  #running: Configuration;
  #text: string | undefined;
  #problems: readonly Problem[] = [];
  #stopped = false;

  /** `running` is what the agent runs with. Without a file there is nothing to watch. */
  constructor(running: Configuration, listener: ConfigListener, timing = TIMING) {
    const { file } = running.source;
    this.#running = running;
    this.#listener = listener;
    this.#folderWatch =
      file === undefined ? undefined : new FolderWatch(dirname(file), timing, () => void this.look());
  }

  get problems(): readonly Problem[] {
    return this.#problems;
  }

  /** Resolves after a first look: what happened since the configuration was read is not missed. */
  async start(): Promise<void> {
    if (this.#folderWatch === undefined) return;
    this.#folderWatch.begin();
    await this.look();
  }

  /** Looks now. Resolves when the listener has been called with what is found. */
  look(): Promise<void> {
    return this.#looks.run();
  }

  /** After this the listener is not called any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#folderWatch?.close();
    await this.#looks.idle();
    this.#folderWatch?.close();
  }

  async #look(): Promise<void> {
    if (this.#stopped) return;
    // Where the folder cannot be watched the regular look is all there is, and enough.
    await this.#folderWatch?.watch();
    const read = await this.#read();
    if (read === undefined || this.#stopped) return;
    if (read instanceof ConfigError) return this.#complain(read.problems);
    this.#complain([]);
    const change = settingsChange(this.#running.settings, read.settings);
    this.#running = read;
    if (!change.unchanged) this.#listener.changed(read, change);
  }

  /** Undefined where the text is as before, so that a regular look costs nothing. */
  async #read(): Promise<Configuration | ConfigError | undefined> {
    const { source } = this.#running;
    const before = this.#text;
    // What cannot be read is like no text before: once it can be read again it counts as new.
    this.#text = undefined;
    try {
      this.#text = await readConfigText(source.file ?? '');
      return this.#text === before ? undefined : configurationFrom(source, this.#text, hostname());
    } catch (error) {
      if (error instanceof ConfigError) return error;
      throw error;
    }
  }

  #complain(problems: readonly Problem[]): void {
    if (JSON.stringify(problems) === JSON.stringify(this.#problems)) return;
    this.#problems = problems;
    this.#listener.problems(problems);
  }
}
