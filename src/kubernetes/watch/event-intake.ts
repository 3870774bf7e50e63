import type { TimeSlice } from '../../model/clock.js';
import { failureOfEvent, type Question } from '../transport/api-answer.js';
import { ListingSize } from './listing-size.js';
import type { Listing, ObjectTaker } from './object-store.js';
import { corruptFailure } from './page-listing.js';
import { isBefore, type Version } from './resource.js';
import type { WatchCounters } from './watch-counters.js';
import { readEvent, type WatchEvent } from './watch-event.js';
import { wentBack } from './watch-failure.js';

interface IntakeParts {
  readonly question: Question;
  readonly store: ObjectTaker;
  readonly counters: WatchCounters;
  readonly from: Version;
  /** Given where the watch begins with all there is. */
  readonly listing: Listing | undefined;
  /** Bytes of JSON; by the size of the heap unless said. */
  readonly longestListing?: number | undefined;
  readonly listed: () => void;
  /** A bookmark came that is not the end of a listing. */
  readonly bookmarked: () => void;
  /** Everything up to this version is in the store. */
  readonly reached: (version: Version) => void;
}

/**
 * What each line of a watch does to the store. The events of a streamed listing come in no order, and so say nothing
 * of how far the history is known: only the bookmark at their end does, and until then nothing of them shows.
 */
export class EventIntake {
  readonly #parts: IntakeParts;
  readonly #size: ListingSize;
  #listing: Listing | undefined;
  #version: Version;
  #corrupt = 0;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
    this.#size = new ListingSize(parts.longestListing);
    this.#version = parts.from;
    this.#listing = parts.listing;
  }

  get isListing(): boolean {
    return this.#listing !== undefined;
  }

  /** A line made no sense. It may have been the end of the listing. */
  get isDamaged(): boolean {
    return this.#corrupt > 0;
  }

  /** Throws where the watch cannot go on. */
  take(line: Buffer, slice: TimeSlice): Promise<void> | undefined {
    if (this.#listing !== undefined) this.#size.add(line.length);
    const event = readEvent(line);
    if (event.kind === 'error') throw failureOfEvent(event.status, this.#parts.question);
    if (event.kind === 'corrupt') this.#damage();
    else if (this.#listing === undefined) this.#change(event);
    else return this.#list(event, this.#listing, slice);
    return undefined;
  }

  #list(event: ReadableEvent, listing: Listing, slice: TimeSlice): Promise<void> | undefined {
    if (event.kind === 'put') listing.add(event.object);
    else if (event.kind === 'delete') listing.remove(event.object);
    else if (event.kind === 'bookmark' && event.endsListing)
      return this.#endListing(listing, event.version, slice);
    return undefined;
  }

  // The object of a line that cannot be read may well be there: nothing is taken for gone, and all is asked for again.
  async #endListing(listing: Listing, version: Version | undefined, slice: TimeSlice): Promise<void> {
    if (this.#corrupt > 0) {
      await listing.publishPart(slice);
      throw corruptFailure(this.#corrupt, 'line');
    }
    await listing.publish(slice);
    this.#listing = undefined;
    this.#parts.counters.bookmarks++;
    this.#version = version ?? '';
    if (version !== undefined) this.#parts.reached(version);
    this.#parts.listed();
  }

  #change(event: ReadableEvent): void {
    const { store, counters, reached } = this.#parts;
    this.#expectLater(event.version);
    if (event.kind === 'bookmark') this.#bookmark();
    else counters.events++;
    if (event.kind === 'put') store.put(event.object);
    else if (event.kind === 'delete') store.delete(event.object);
    if (event.version !== undefined) reached(event.version);
  }

  #bookmark(): void {
    this.#parts.counters.bookmarks++;
    this.#parts.bookmarked();
  }

  #expectLater(version: Version | undefined): void {
    if (version === undefined) return;
    if (isBefore(version, this.#version)) throw wentBack(version, this.#version);
    this.#version = version;
  }

  // In a listing the rest still counts, so that one bad line does not keep all others from this node.
  #damage(): void {
    this.#corrupt++;
    this.#parts.counters.corruptLines++;
    if (this.#listing === undefined) throw corruptFailure(1, 'line');
  }
}

type ReadableEvent = Exclude<WatchEvent, { kind: 'error' | 'corrupt' }>;
