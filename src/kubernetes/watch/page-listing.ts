import { type Clock, OBJECTS_PER_LOOK, TimeSlice } from '../../model/clock.js';
import { isMapping } from '../../model/mapping.js';
import type { ApiTransport } from '../transport/api-transport.js';
import { ItemSplitter, readParts } from '../transport/body-splitter.js';
import { expectJson, parseJson, type Question, versionOf } from './api-answer.js';
import type { Listing, ObjectTaker } from './object-store.js';
import { pagePath, type Resource, type Version, versionPath } from './resource.js';
import type { WatchCounters } from './watch-counters.js';
import { corruptFailure } from './watch-failure.js';
import { ListingSize, PageProgress, type SilenceDeadline, withinSilence } from './watch-limits.js';

interface PageParts {
  readonly resource: Resource;
  readonly store: ObjectTaker;
  readonly transport: ApiTransport;
  readonly clock: Clock;
  readonly counters: WatchCounters;
  /** Bytes of JSON; by the size of the heap unless said. */
  readonly longestListing?: number | undefined;
}

/** Reads all pages, publishes them together, and answers the version at which a watch goes on. */
export function readPages(parts: PageParts, from: Version, abort: AbortController): Promise<Version> {
  return withinSilence(parts.clock, abort, (silence) => new PageReading(parts, abort, silence).run(from));
}

/** Where the server's history is now. */
export function readVersion(parts: PageParts, abort: AbortController): Promise<Version> {
  const { resource, transport, clock } = parts;
  return withinSilence(clock, abort, async () => {
    const request = { method: 'GET', path: versionPath(resource) } as const;
    const response = await transport.request(request, abort.signal);
    await expectJson(response, { resource, verb: 'list' });
    const splitter = new ItemSplitter();
    await readParts(response.body, splitter, clock, { take: () => undefined, settle: () => undefined });
    return readEnvelope(splitter.envelope).version;
  });
}

class PageReading {
  readonly #parts: PageParts;
  readonly #abort: AbortController;
  readonly #silence: SilenceDeadline;
  readonly #listing: Listing;
  readonly #question: Question;
  readonly #size: ListingSize;
  #corrupt = 0;

  constructor(parts: PageParts, abort: AbortController, silence: SilenceDeadline) {
    this.#parts = parts;
    this.#abort = abort;
    this.#silence = silence;
    this.#listing = parts.store.listing();
    this.#question = { resource: parts.resource, verb: 'list' };
    this.#size = new ListingSize(parts.longestListing);
  }

  async run(from: Version): Promise<Version> {
    const { resource } = this.#parts;
    const progress = new PageProgress();
    let page = await this.#read(pagePath(resource, { version: from }));
    while (page.continueAt !== '') {
      progress.check(page.continueAt);
      page = await this.#read(pagePath(resource, { continueAt: page.continueAt }));
    }
    return this.#publish(page.version);
  }

  // The object of an item that cannot be read may well be there: nothing is taken for gone, and all is asked for again.
  async #publish(version: Version): Promise<Version> {
    const slice = new TimeSlice(this.#parts.clock, OBJECTS_PER_LOOK);
    if (this.#corrupt === 0) {
      await this.#listing.publish(slice);
      return version;
    }
    await this.#listing.publishPart(slice);
    throw corruptFailure(this.#corrupt, 'item');
  }

  async #read(path: string): Promise<Page> {
    const { transport, clock } = this.#parts;
    const response = await transport.request({ method: 'GET', path }, this.#abort.signal);
    await expectJson(response, this.#question);
    const splitter = new ItemSplitter();
    await readParts(response.body, splitter, clock, {
      take: (bytes) => this.#take(bytes),
      settle: () => this.#silence.received(),
    });
    return readEnvelope(splitter.envelope);
  }

  #take(bytes: Buffer): undefined {
    this.#size.add(bytes.length);
    const item = parseJson(bytes);
    if (item !== undefined) {
      this.#listing.add(item);
      return;
    }
    this.#corrupt++;
    this.#parts.counters.corruptLines++;
  }
}

interface Page {
  readonly version: Version;
  /** Empty on the last page. */
  readonly continueAt: string;
}

// A body that breaks off leaves brackets open, and so is no JSON either.
function readEnvelope(bytes: Buffer): Page {
  const list = parseJson(bytes);
  const metadata = isMapping(list) && isMapping(list.metadata) ? list.metadata : {};
  const version = versionOf(metadata);
  if (version === undefined) throw corruptFailure(1, 'item');
  return { version, continueAt: String(metadata.continue ?? '') };
}
