import { type FSWatcher, watch } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import type { Problem } from '../model/problem.js';
import { ConfigError } from './config-error.js';
import { readConfigText } from './config-file.js';
import { type Configuration, configurationFrom } from './configuration.js';
import { type SettingsChange, settingsChange } from './settings-change.js';

interface ConfigListener {
  /** The file means something else than what the agent runs with. Where `change.restart` names anything, end the agent. */
  changed(next: Configuration, change: SettingsChange): void;
  /** What is wrong with the file now, while the old settings stay in force; empty once it is mended. */
  problems(problems: readonly Problem[]): void;
}

/** Milliseconds. */
interface WatchTiming {
  /** Of quiet after an event before the file is read: editors write in several steps. */
  readonly settle: number;
  /** Between two looks in any case: inotify does not see what is behind a link that leads elsewhere. */
  readonly poll: number;
}

const TIMING: WatchTiming = { settle: 200, poll: 10_000 };

/**
 * Tells when the configuration file has come to mean something else. Watches the folder, because a mounted ConfigMap
 * changes by a link beside the file, and an editor replaces the file by another of the same name.
 */
export class ConfigWatch {
  readonly #listener: ConfigListener;
  readonly #timing: WatchTiming;
  #running: Configuration;
  #text: string | undefined;
  #problems: readonly Problem[] = [];
  #watcher: FSWatcher | undefined;
  #settling: NodeJS.Timeout | undefined;
  #polling: NodeJS.Timeout | undefined;
  #looks: Promise<void> = Promise.resolve();
  #stopped = false;

  /** `running` is what the agent runs with. Without a file there is nothing to watch. */
  constructor(running: Configuration, listener: ConfigListener, timing = TIMING) {
    this.#running = running;
    this.#listener = listener;
    this.#timing = timing;
  }

  get problems(): readonly Problem[] {
    return this.#problems;
  }

  /** Resolves after a first look: what happened since the configuration was read is not missed. */
  async start(): Promise<void> {
    const { file } = this.#running.source;
    if (file === undefined) return;
    this.#watch(dirname(file));
    this.#polling = setInterval(() => void this.look(), this.#timing.poll);
    this.#polling.unref();
    await this.look();
  }

  /** Looks now. Resolves when the listener has been told. */
  look(): Promise<void> {
    this.#looks = this.#looks.then(() => this.#look());
    return this.#looks;
  }

  /** After this the listener hears nothing more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#watcher?.close();
    clearTimeout(this.#settling);
    clearInterval(this.#polling);
    await this.#looks;
  }

  // Where the folder cannot be watched the poll is all there is, and enough.
  #watch(folder: string): void {
    try {
      this.#watcher = watch(folder, () => this.#stir());
      this.#watcher.on('error', () => this.#watcher?.close());
    } catch {
      this.#watcher = undefined;
    }
  }

  #stir(): void {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => void this.look(), this.#timing.settle);
  }

  async #look(): Promise<void> {
    const read = await this.#read();
    if (read === undefined || this.#stopped) return;
    if (read instanceof ConfigError) return this.#complain(read.problems);
    this.#complain([]);
    const change = settingsChange(this.#running.settings, read.settings);
    this.#running = read;
    if (!change.unchanged) this.#listener.changed(read, change);
  }

  /** Undefined where the text is as before, so that a poll costs nothing. */
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
