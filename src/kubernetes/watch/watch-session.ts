import type { Clock } from '../../model/clock.js';
import type { ApiTransport } from '../transport/api-transport.js';
import { LineSplitter, readParts } from '../transport/body-splitter.js';
import { expectJson, type Question } from './api-answer.js';
import { EventIntake } from './event-intake.js';
import type { Listing, ObjectTaker } from './object-store.js';
import { type Resource, type Version, watchListPath, watchPath } from './resource.js';
import type { WatchCounters } from './watch-counters.js';
import { WatchFailure } from './watch-failure.js';
import { SilenceDeadline } from './watch-limits.js';

interface SessionParts {
  readonly resource: Resource;
  readonly store: ObjectTaker;
  readonly transport: ApiTransport;
  readonly clock: Clock;
  readonly random: () => number;
  readonly counters: WatchCounters;
  readonly from: Version;
  /** Given where the watch is to begin with all there is. */
  readonly listing: Listing | undefined;
  /** Bytes of JSON; by the size of the heap unless said. */
  readonly longestListing?: number | undefined;
  /** It has sent bookmarks in an earlier watch. */
  readonly sendsBookmarks: boolean;
  readonly listener: { settled(): void };
  readonly listed: () => void;
  /** Everything up to this version is in the store. */
  readonly reached: (version: Version) => void;
  /** A bookmark came that is not the end of a listing. */
  readonly bookmarked: () => void;
  /** It has lasted long enough: one that is closed at once has sent nothing for sure, whatever it sent. */
  readonly healthy: () => void;
}

/** Seconds for which the server is to keep a watch open, at least; by chance up to twice as long, as client-go. */
const SHORTEST_LIFE = 300;

/** Milliseconds the server may need to close it. After that it is closed from this end. */
const GRACE = 5_000;

/** A watch that ends earlier is none, whatever it sent: asking again at once would be a busy loop. */
const VERY_SHORT = 1_000;

/** Between two pieces of a streamed listing. */
const LONGEST_LISTING_SILENCE = 60_000;

/**
 * API servers send a bookmark once a minute (since 1.17), but none with `--watch-cache=false`: silence says something
 * only where bookmarks came before. Without PINGs, as over HTTP/1.1, this is how a dead path shows, and over any
 * protocol how a proxy shows that has forgotten the stream behind it.
 */
const LONGEST_QUIET = 90_000;

/** One watch, from its request to its end. */
export class WatchSession {
  readonly #parts: SessionParts;
  readonly #abort: AbortController;
  readonly #intake: EventIntake;
  readonly #question: Question;
  readonly #seconds: number;
  #sendsBookmarks: boolean;
  #silence: SilenceDeadline | undefined;
  #ended: 'by us' | WatchFailure | undefined;

  constructor(parts: SessionParts, abort: AbortController) {
    const { resource, random } = parts;
    this.#parts = parts;
    this.#abort = abort;
    this.#question = { resource, verb: 'watch' };
    this.#seconds = SHORTEST_LIFE + Math.floor(random() * (SHORTEST_LIFE + 1));
    this.#sendsBookmarks = parts.sendsBookmarks;
    const bookmarked = () => {
      this.#sendsBookmarks = true;
      parts.bookmarked();
    };
    this.#intake = new EventIntake({ ...parts, bookmarked, question: this.#question });
  }

  /** Resolves where it ended in order; rejects with the reason otherwise. */
  async run(): Promise<void> {
    const { clock, counters, listing } = this.#parts;
    const began = clock.now();
    const cancelEnd = clock.after(this.#seconds * 1000 + GRACE, () => this.#end('by us'));
    if (listing === undefined) this.#expectBookmarks();
    else this.#guard(LONGEST_LISTING_SILENCE);
    try {
      await this.#follow();
    } catch (error) {
      if (this.#ended === undefined) throw error;
      if (this.#ended !== 'by us') throw this.#ended;
    } finally {
      cancelEnd();
      this.#silence?.cancel();
    }
    if (this.#intake.isListing) throw UNFINISHED();
    if (clock.now() - began < VERY_SHORT) throw SHORT();
    counters.restarted('ended');
  }

  async #follow(): Promise<void> {
    const { resource, transport, clock, counters, from, listing, healthy } = this.#parts;
    const path = (listing === undefined ? watchPath : watchListPath)(resource, from, this.#seconds);
    const response = await transport.request({ method: 'GET', path }, this.#abort.signal);
    await expectJson(response, this.#question);
    counters.watches++;
    const splitter = new LineSplitter();
    const cancelHealthy = listing === undefined ? clock.after(VERY_SHORT, healthy) : () => undefined;
    try {
      await readParts(response.body, splitter, clock, {
        take: (line, slice) => this.#intake.take(line, slice),
        settle: () => this.#settle(),
      });
    } finally {
      cancelHealthy();
    }
    // Nothing is lost by it: the version stays before that event, and the next watch receives it again.
    if (splitter.pending > 0) throw new WatchFailure('lost', 'broke off in the middle of an event.');
  }

  #settle(): void {
    this.#parts.listener.settled();
    if (this.#intake.isListing) {
      // What follows a damaged line may be the watch after the listing, and never end.
      if (!this.#intake.isDamaged) this.#silence?.received();
      return;
    }
    this.#expectBookmarks();
  }

  #expectBookmarks(): void {
    if (this.#sendsBookmarks) {
      this.#guard(LONGEST_QUIET);
      return;
    }
    this.#silence?.cancel();
    this.#silence = undefined;
  }

  #guard(milliseconds: number): void {
    if (this.#silence?.milliseconds === milliseconds) {
      this.#silence.received();
      return;
    }
    this.#silence?.cancel();
    this.#silence = new SilenceDeadline(this.#parts.clock, milliseconds, () =>
      this.#end(new WatchFailure('quiet', `has sent nothing for ${milliseconds / 1000} s.`)),
    );
  }

  #end(why: 'by us' | WatchFailure): void {
    this.#ended = why;
    this.#abort.abort();
  }
}

const UNFINISHED = () => new WatchFailure('short', 'ended before everything was sent.');
const SHORT = () => new WatchFailure('short', 'was closed by the API server at once.');
