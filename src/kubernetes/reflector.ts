import type { Clock } from '../model/clock.js';
import { Pause } from '../model/pause.js';
import type { Problem } from '../model/problem.js';
import type { ApiTransport } from './api-transport.js';
import { BackOff } from './back-off.js';
import { HistoryPlace } from './history-place.js';
import type { ObjectTaker } from './object-store.js';
import { readPages, readVersion } from './page-listing.js';
import { fullName, isBefore, type Resource, type Version } from './resource.js';
import { WatchCounters } from './watch-counters.js';
import { asWatchFailure, causeOf, isPassing, type WatchFailure, wentBack } from './watch-failure.js';
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
  readonly #place = new HistoryPlace();
  #streams = true;
  #unfinished = 0;
  #failuresInRow = 0;
  #abort = new AbortController();
  readonly #pause: Pause;
  #stopped = false;
  #running: Promise<void> | undefined;

  constructor(parts: ReflectorParts) {
    this.#parts = parts;
    this.#backOff = new BackOff(parts.clock, parts.random);
    this.#pause = new Pause(parts.clock);
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
    this.#pause.end();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      const wait = await this.#attempt();
      if (wait > 0 && !this.#stopped) await this.#pause.take(wait);
    }
  }

  /** Answers how many milliseconds to wait before the next. */
  async #attempt(): Promise<number> {
    this.#abort = new AbortController();
    try {
      if (this.#place.listingDue && !this.#streams) await this.#listPages();
      else await this.#watch();
      return 0;
    } catch (error) {
      return this.#stopped ? 0 : this.#failed(asWatchFailure(error));
    }
  }

  async #listPages(): Promise<void> {
    const pages = { ...this.#parts, counters: this.#counters };
    this.#place.reached(await readPages(pages, this.#place.forPages, this.#abort));
    this.#listed();
  }

  async #watch(): Promise<void> {
    const { doubtful } = this.#place;
    if (doubtful !== undefined) await this.#confirm(doubtful);
    const session = {
      ...this.#parts,
      counters: this.#counters,
      from: this.#place.forWatch,
      listing: this.#place.listingDue ? this.#parts.store.listing() : undefined,
      listed: () => this.#listed(),
      reached: (version: Version) => this.#place.reached(version),
      healthy: () => this.#recovered(),
    };
    await new WatchSession(session, this.#abort).run();
  }

  // A server that was restored from a backup takes a version that it has not reached yet, and leaves out all that happens
  // until then. Nothing in a watch shows that, and so it is asked for whenever a watch broke.
  async #confirm(version: Version): Promise<void> {
    const now = await readVersion({ ...this.#parts, counters: this.#counters }, this.#abort);
    if (isBefore(now, version)) throw wentBack(now, version);
    this.#place.confirmed();
  }

  #listed(): void {
    this.#place.listed();
    this.#unfinished = 0;
    this.#counters.listed();
    this.#recovered();
    this.#parts.listener.settled();
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
    this.#place.failed(failure.kind);
    const { resource, listener } = this.#parts;
    if (failure.kind === 'not-served' && resource.optional) {
      this.#counters.isServed = false;
      listener.troubled(undefined);
      return this.#backOff.spread(SELDOM);
    }
    this.#failuresInRow++;
    // What is no longer in the server's history is listed anew, as it should be.
    if (failure.kind === 'expired') return this.#backOff.failed(failure.retryAfter);
    if (!isPassing(failure.kind) || this.#failuresInRow > 1) listener.troubled(this.#problem(failure));
    return this.#backOff.failed(failure.retryAfter);
  }

  /**
   * Whether the failure says that the server does not stream listings. One that knows nothing of it refuses the request
   * (1.33: 422); one that does without a word never ends the listing. A 403 may be meant for this kind of watch or for
   * all: pages tell, and what they answer names the rule that is missing.
   */
  #turnsToPages({ kind }: WatchFailure): boolean {
    if (!this.#place.listingDue || !this.#streams) return false;
    if (kind === 'short' || kind === 'quiet') this.#unfinished++;
    const isRefused = kind === 'rejected' || kind === 'forbidden';
    this.#streams = !isRefused && this.#unfinished < MOST_UNFINISHED;
    return !this.#streams;
  }

  #problem({ kind, message, remedy }: WatchFailure): Problem {
    const subject = `API server, ${fullName(this.#parts.resource)}`;
    const so = this.#counters.complete ? ' What was known stays in use.' : '';
    // The transport's sentences stand by themselves.
    const began = kind === 'internal' ? `the watch ${message}` : message;
    const cause = causeOf(kind);
    return { kind: 'source', subject, ...(cause && { cause }), message: `${began}${so}`, remedy };
  }
}
