import type { Clock } from '../../model/clock.js';
import type { Problem } from '../../model/problem.js';
import type { ApiTransport } from '../transport/api-transport.js';
import { AttemptLoop, type ReachabilityProbe } from './attempt-loop.js';
import { TokenBucket } from './back-off.js';
import { HistoryPlace } from './history-place.js';
import type { ObjectTaker } from './object-store.js';
import { readPages, readVersion } from './page-listing.js';
import { fullName, isBefore, type Resource, type Version } from './resource.js';
import { WatchCounters } from './watch-counters.js';
import { failureProblem, isPassing, type WatchFailure, wentBack } from './watch-failure.js';
import { WatchSession } from './watch-session.js';

interface ReflectorParts {
  readonly resource: Resource;
  readonly store: ObjectTaker;
  readonly transport: ApiTransport;
  readonly clock: Clock;
  /** At least 0, below 1. */
  readonly random: () => number;
  readonly probe: ReachabilityProbe;
  readonly listener: ReflectorListener;
  /** Bytes of JSON; by the size of the heap unless said. */
  readonly longestListing?: number | undefined;
}

interface ReflectorListener {
  /** What has arrived together is in the store. */
  settled(): void;
  /** What keeps the resource from being followed; undefined when it is followed again. */
  problemChanged(problem: Problem | undefined): void;
}

/** How long to leave a server alone that does not have an optional resource: until it may have been upgraded. */
const SELDOM = 600_000;

/** Between two listings of what may be listed but not watched: at least, and up to twice as long by chance. */
const LISTING_PERIOD = 30_000;

/** So many streamed listings may end before their end; then pages are asked for. */
const MOST_UNFINISHED = 2;

/**
 * Keeps a store in step with one resource of the API server, for as long as it runs, with client-go's rules: all there
 * is first, streamed or in pages, then what changes, from exactly the version that was received last. Whatever breaks
 * is begun again after a back-off, from that version where the server still has it. Until then the store stays as it
 * is.
 */
export class Reflector {
  readonly #parts: ReflectorParts;
  readonly #loop: AttemptLoop;
  readonly #counters: WatchCounters;
  readonly #place = new HistoryPlace();
  #streams = true;
  #unfinished = 0;
  #failuresInRow = 0;
  /** Of listings without a wait: a server that forgets at once what it sent must not be asked in a loop. */
  readonly #immediateListings: TokenBucket;
  #watchForbidden = false;
  #sendsBookmarks = false;

  constructor(parts: ReflectorParts) {
    this.#parts = parts;
    this.#loop = new AttemptLoop({
      ...parts,
      attempt: (abort) => this.#attempt(abort),
      failed: (failure) => this.#failed(failure),
      lasting: (failure) => parts.listener.problemChanged(this.#problem(failure)),
    });
    this.#immediateListings = new TokenBucket(parts.clock);
    this.#counters = new WatchCounters(fullName(parts.resource), parts.store);
  }

  get counters(): WatchCounters {
    return this.#counters;
  }

  start(): void {
    this.#loop.start();
  }

  /** Resolves when no request is under way any more. */
  stop(): Promise<void> {
    return this.#loop.stop();
  }

  async #attempt(abort: AbortController): Promise<number> {
    if (this.#place.listingDue && !this.#streams) await this.#listPages(abort);
    else await this.#watch(abort);
    return 0;
  }

  async #listPages(abort: AbortController): Promise<void> {
    const pages = { ...this.#parts, counters: this.#counters };
    this.#place.reached(await readPages(pages, this.#place.forPages, abort));
    this.#listed();
  }

  async #watch(abort: AbortController): Promise<void> {
    const { unconfirmed } = this.#place;
    if (unconfirmed !== undefined) await this.#confirm(unconfirmed, abort);
    const session = {
      ...this.#parts,
      counters: this.#counters,
      from: this.#place.forWatch,
      listing: this.#place.listingDue ? this.#parts.store.listing() : undefined,
      sendsBookmarks: this.#sendsBookmarks,
      listed: () => this.#listed(),
      reached: (version: Version) => this.#place.reached(version),
      bookmarked: () => {
        this.#sendsBookmarks = true;
      },
      healthy: () => this.#watched(),
    };
    await new WatchSession(session, abort).run();
  }

  // A server that was restored from a backup takes a version that it has not reached yet, and leaves out all that
  // happens until then. Nothing in a watch shows that, and so it is asked for whenever a watch broke.
  async #confirm(version: Version, abort: AbortController): Promise<void> {
    const now = await readVersion({ ...this.#parts, counters: this.#counters }, abort);
    if (isBefore(now, version)) throw wentBack(now, version);
    this.#place.confirmed();
  }

  #listed(): void {
    this.#place.listed();
    this.#unfinished = 0;
    this.#counters.listed();
    this.#loop.succeeded();
    // The problem that it cannot be watched lasts, although it can be listed.
    if (!this.#watchForbidden) this.#recovered();
    this.#parts.listener.settled();
  }

  #watched(): void {
    this.#watchForbidden = false;
    this.#recovered();
  }

  #recovered(): void {
    this.#failuresInRow = 0;
    this.#counters.isServed = true;
    this.#parts.listener.problemChanged(undefined);
  }

  #failed(failure: WatchFailure): number | undefined {
    this.#counters.restarted(failure.kind);
    this.#parts.listener.settled();
    if (this.#turnsToPages(failure)) return 0;
    const wasListed = !this.#place.listingDue;
    this.#place.failed(failure.kind);
    const { resource, listener } = this.#parts;
    if (failure.kind === 'not-served' && resource.optional) {
      this.#counters.isServed = false;
      listener.problemChanged(undefined);
      return this.#loop.spread(SELDOM);
    }
    // A history that the server has shortened says nothing of its load.
    if (failure.kind === 'expired' && this.#immediateListings.take()) return 0;
    // Whether a server still sends them is found out anew: after an upgrade or a change of its flags it may not.
    if (failure.kind === 'quiet') this.#sendsBookmarks = false;
    this.#failuresInRow++;
    // What is no longer in the server's history is listed anew, as it should be: nothing to report.
    if (failure.kind === 'expired') return undefined;
    if (!isPassing(failure.kind) || this.#failuresInRow > 1) listener.problemChanged(this.#problem(failure));
    return failure.kind === 'forbidden' && wasListed ? this.#listAgainLater() : undefined;
  }

  #listAgainLater(): number {
    this.#watchForbidden = true;
    this.#place.relist();
    return this.#loop.spread(LISTING_PERIOD);
  }

  /**
   * Whether the failure says that the server does not stream listings. One that knows nothing of it refuses the request
   * (1.33: 422); one that does without a word never ends the listing. A 403 may be meant for this kind of watch or for
   * all: pages show it, and what they answer names the rule that is missing.
   */
  #turnsToPages({ kind }: WatchFailure): boolean {
    if (!this.#place.listingDue || !this.#streams) return false;
    if (kind === 'short' || kind === 'quiet') this.#unfinished++;
    const isRefused = kind === 'rejected' || kind === 'forbidden';
    this.#streams = !isRefused && this.#unfinished < MOST_UNFINISHED;
    return !this.#streams;
  }

  #problem(failure: WatchFailure): Problem {
    const subject = `API server, ${fullName(this.#parts.resource)}`;
    const so = this.#counters.complete ? ' What was known stays in use.' : '';
    return failureProblem(failure, { subject, began: 'the watch', so });
  }
}
