import type { TimeSlice } from '../../model/clock.js';
import { isMapping } from '../../model/mapping.js';
import { failureOfEvent, parseJson, type Question, versionOf } from './api-answer.js';
import type { Listing, ObjectTaker } from './object-store.js';
import { isBefore, type Version } from './resource.js';
import type { WatchCounters } from './watch-counters.js';
import { corruptFailure, wentBack } from './watch-failure.js';
import { ListingSize } from './watch-limits.js';

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

/** One line of a watch. */
type WatchEvent =
  | {
      /** put: it is so now, whether it is new or changed. delete: as it was last. */
      readonly kind: 'put' | 'delete';
      readonly object: unknown;
      /** Undefined where the object does not say. */
      readonly version: string | undefined;
    }
  | {
      /** Everything up to `version` has been sent. */
      readonly kind: 'bookmark';
      readonly version: string | undefined;
      /** All objects there were at first have been sent now. */
      readonly endsListing: boolean;
    }
  | { readonly kind: 'error'; readonly status: unknown }
  | { readonly kind: 'corrupt' };

const CORRUPT: WatchEvent = { kind: 'corrupt' };
const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

interface Metadata {
  readonly resourceVersion?: unknown;
  readonly annotations?: Readonly<Record<string, unknown>>;
}

/** Never throws: what is no event is corrupt. */
function readEvent(line: Buffer): WatchEvent {
  const event = parseJson(line);
  if (!isMapping(event)) return CORRUPT;
  const { type, object } = event;
  if (type === 'ERROR') return { kind: 'error', status: object };
  if (!isMapping(object)) return CORRUPT;
  const metadata: Metadata = isMapping(object.metadata) ? object.metadata : {};
  const version = versionOf(metadata);
  if (type === 'ADDED' || type === 'MODIFIED') return { kind: 'put', object, version };
  if (type === 'DELETED') return { kind: 'delete', object, version };
  if (type !== 'BOOKMARK') return CORRUPT;
  return { kind: 'bookmark', version, endsListing: metadata.annotations?.[INITIAL_EVENTS_END] === 'true' };
}
