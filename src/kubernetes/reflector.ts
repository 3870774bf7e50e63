import type { Clock } from '../model/clock.js';
import type { Problem } from '../model/problem.js';
import type { ApiTransport } from './api-transport.js';
import { BackOff } from './back-off.js';
import type { ObjectTaker } from './object-store.js';
import { readPages } from './page-listing.js';
import { fullName, type Resource, type Version } from './resource.js';
import { WatchCounters } from './watch-counters.js';
import { asWatchFailure, isPassing, type WatchFailure } from './watch-failure.js';
import { WatchSession } from './watch-session.js';

export interface ReflectorParts {
  readonly resource: Resource;
  readonly store: ObjectTaker;
  readonly transport: ApiTransport;
  readonly clock: Clock;
  /** At least 0, below 1. */
  readonly random: () => number;
  readonly listener: ReflectorListener;
}

export interface ReflectorListener {
  /** What has arrived together is in the store. */
  settled(): void;
  /** What keeps the resource from being followed; undefined when it is followed again. */
  troubled(problem: Problem | undefined): void;
}

/** How long to leave a server alone that does not have an optional resource: until it may have been upgraded. */
const SELDOM = 600_000;

/** So many streamed listings may end before their end; then pages are asked for. */
const MOST_UNFINISHED = 2;

/**
 * Keeps a store in step with one resource of the API server, for as long as it runs, with client-go's rules: all there is
 * first, streamed or in pages, then what changes, from exactly the version that was heard last. Whatever breaks is
 * begun again after a back-off, from that version where the server still has it. Until then the store stays as it is.
 */
export class Reflector {
  readonly #parts: ReflectorParts;
  readonly #backOff: BackOff;
  readonly #counters: WatchCounters;
  /** The last version heard. */
  #version: Version | undefined;
  /** All there is has to be told anew, since events may have been missed. */
  #listingDue = true;
  /** The server does not have `#version`: only "now" is a place to begin. */
  #versionIsGone = false;
  #streams = true;
  #unfinished = 0;
  #failuresInRow = 0;
  #abort = new AbortController();
  #wake: () => void = () => undefined;
  #stopped = false;
  #running: Promise<void> | undefined;

  constructor(parts: ReflectorParts) {
    this.#parts = parts;
    this.#backOff = new BackOff(parts.clock, parts.random);
    this.#counters = new WatchCounters(fullName(parts.resource), parts.store);
  }

  get counters(): WatchCounters {
    return this.#counters;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Resolves when no request is under way any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#abort.abort();
    this.#wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      const wait = await this.#attempt();
      if (wait > 0 && !this.#stopped) await this.#sleep(wait);
    }
  }

  /** Answers how many milliseconds to wait before the next. */
  async #attempt(): Promise<number> {
    this.#abort = new AbortController();
    try {
      if (this.#listingDue && !this.#streams) await this.#listPages();
      else await this.#watch();
      return 0;
    } catch (error) {
      return this.#stopped ? 0 : this.#failed(asWatchFailure(error));
    }
  }

  // Where nothing is known yet, any state of the server's cache will do, since the watch goes on from there.
  async #listPages(): Promise<void> {
    const version = this.#versionIsGone ? '' : (this.#version ?? '0');
    this.#reached(await readPages({ ...this.#parts, counters: this.#counters }, version, this.#abort));
    this.#listed();
  }

  async #watch(): Promise<void> {
    const session = {
      ...this.#parts,
      counters: this.#counters,
      from: this.#versionIsGone ? '' : (this.#version ?? ''),
      listing: this.#listingDue ? this.#parts.store.listing() : undefined,
      listed: () => this.#listed(),
      reached: (version: Version) => this.#reached(version),
      healthy: () => this.#recovered(),
    };
    await new WatchSession(session, this.#abort).run();
  }

  #listed(): void {
    this.#listingDue = false;
    this.#versionIsGone = false;
    this.#unfinished = 0;
    this.#counters.listed();
    this.#recovered();
    this.#parts.listener.settled();
  }

  #reached(version: Version): void {
    this.#version = version;
  }

  #recovered(): void {
    this.#failuresInRow = 0;
    this.#counters.isServed = true;
    this.#parts.listener.troubled(undefined);
  }

  #failed(failure: WatchFailure): number {
    this.#counters.restarted(failure.kind);
    this.#parts.listener.settled();
    if (this.#turnsToPages(failure)) return 0;
    this.#judge(failure);
    const { resource, listener } = this.#parts;
    if (failure.kind === 'not-served' && resource.optional) {
      this.#counters.isServed = false;
      listener.troubled(undefined);
      return this.#backOff.spread(SELDOM);
    }
    this.#failuresInRow++;
    if (!isPassing(failure.kind) || this.#failuresInRow > 1) listener.troubled(this.#problem(failure));
    return this.#backOff.failed(failure.retryAfter);
  }

  /**
   * Whether the failure says that the server does not stream listings. One that knows nothing of it refuses the request
   * (1.33: 422); one that does without a word never ends the listing. A 403 may be meant for this kind of watch or for
   * all: pages tell, and what they answer names the rule that is missing.
   */
  #turnsToPages({ kind }: WatchFailure): boolean {
    if (!this.#listingDue || !this.#streams) return false;
    if (kind === 'short' || kind === 'quiet') this.#unfinished++;
    const isRefused = kind === 'rejected' || kind === 'forbidden';
    this.#streams = !isRefused && this.#unfinished < MOST_UNFINISHED;
    return !this.#streams;
  }

  // Which failures cost the place in the history. After all others the watch goes on where it was.
  #judge({ kind }: WatchFailure): void {
    switch (kind) {
      case 'expired':
      case 'future-version':
      case 'rejected':
      case 'quiet':
        this.#versionIsGone = true;
        this.#listingDue = true;
        return;
      // What a line would have said is lost, be it the deletion of any object. Versions say nothing of what lies between
      // two of them, so that a complete listing is the only way to be sure that no event is lost.
      case 'corrupt':
      case 'oversized':
      case 'internal':
        this.#listingDue = true;
        return;
      default:
    }
  }

  #problem({ kind, message, remedy }: WatchFailure): Problem {
    const subject = `API server, ${fullName(this.#parts.resource)}`;
    const so = this.#counters.complete ? ' What was known stays in use.' : '';
    // The transport's sentences stand by themselves.
    const began = kind === 'internal' ? `the watch ${message}` : message;
    return { kind: 'source', subject, message: `${began}${so}`, remedy };
  }

  #sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#parts.clock.after(milliseconds, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }
}
