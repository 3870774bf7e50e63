import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { FolderWatch } from '../files/folder-watch.js';
import { OneAtATime } from '../files/one-at-a-time.js';
import type { Problem } from '../model/problem.js';
import type { AgentSettings } from './agent-settings.js';
import { ConfigError } from './config-error.js';
import { readConfigText } from './config-file.js';
import { type Configuration, configurationFrom } from './configuration.js';

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

/** What has to happen for a changed setting to take effect. */
interface Reload {
  /** live: applied while the agent runs. restart: the agent ends, to be started again. */
  readonly kind: 'live' | 'restart';
  readonly because: string;
}

const live = (because: string): Reload => ({ kind: 'live', because });
const restart = (because: string): Reload => ({ kind: 'restart', because });

/**
 * A restart costs no connection: everything programmed stays, and a start with nothing changed writes nothing. So only
 * what one idempotent step applies is changed live.
 */
export const RELOADS: { readonly [Name in keyof AgentSettings]: Reload } = {
  source: restart('what one source has says nothing of another'),
  nodeName: restart('it decides which endpoints are local, everywhere'),
  serviceProxyName: restart('it decides which Services are listed at all'),
  adopt: restart('taking over happens before the first pass'),
  scheduler: restart('every virtual server without a scheduler of its own changes'),
  excludedCIDRs: restart('taking over happens before the first pass'),
  masqueradeAll: restart('the rules of the table are laid down at the start'),
  localDetection: restart('the rules of the table are laid down at the start'),
  nodePortRange: restart('the rules of the table are laid down at the start'),
  addressLimits: restart('which frontends there are changes, everywhere'),
  nodePorts: restart('listeners and virtual servers of every NodePort change'),
  maxFrontendsPerService: restart('every Service with more would have to be worked out anew'),
  vipBinding: restart('every VIP is bound anew, and rules of the table change'),
  drainDeadline: live('it is compared with each time a draining server is looked at'),
  gatherTime: restart('the loop takes its timers at the start'),
  syncPeriod: restart('health and the loop take it at the start'),
  auditPeriod: restart('the loop takes its timers at the start'),
  serving: restart('sockets are bound at the start'),
  perServiceMetrics: restart('the page of metrics is made at the start'),
  nodeSetUp: live('a few sysctls and one message to the kernel, written where they differ'),
  adminSocket: restart('sockets are bound at the start'),
  logLevel: live('the logger takes it at any time'),
};

export interface SettingsChange {
  /** The settings that changed and are applied live, with their new values. */
  readonly live: Partial<AgentSettings>;
  /** Names of the changed settings that need a restart. Where there are any, the restart applies all. */
  readonly restart: readonly (keyof AgentSettings)[];
  readonly unchanged: boolean;
}

/** How to get from the settings that the agent runs with to those that it should have. */
export function settingsChange(before: AgentSettings, after: AgentSettings): SettingsChange {
  const changed = settingNames().filter((name) => !isSame(before[name], after[name]));
  const isLive = (name: keyof AgentSettings) => RELOADS[name].kind === 'live';
  return {
    live: Object.fromEntries(changed.filter(isLive).map((name) => [name, after[name]])),
    restart: changed.filter((name) => !isLive(name)),
    unchanged: changed.length === 0,
  };
}

function settingNames(): (keyof AgentSettings)[] {
  return Object.keys(RELOADS) as (keyof AgentSettings)[];
}

// Settings are made by one function in one order of fields, so their text is their identity.
function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
