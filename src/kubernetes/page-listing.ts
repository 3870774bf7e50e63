import type { Clock } from '../model/clock.js';
import { expectJson, type Question } from './api-answer.js';
import type { ApiTransport } from './api-transport.js';
import { digest } from './digest.js';
import { ItemSplitter } from './item-splitter.js';
import type { Listing, ObjectTaker } from './object-store.js';
import { pagePath, type Resource, type Version } from './resource.js';
import { SilenceDeadline } from './silence-deadline.js';
import type { WatchCounters } from './watch-counters.js';
import { isRecord, parseJson, versionOf } from './watch-event.js';
import { WatchFailure } from './watch-failure.js';

/** An API server ends a request that takes longer than a minute; one that does not answer for this long never will. */
const LONGEST_SILENCE = 90_000;

export interface PageParts {
  readonly resource: Resource;
  readonly store: ObjectTaker;
  readonly transport: ApiTransport;
  readonly clock: Clock;
  readonly counters: WatchCounters;
}

/** Reads all pages, publishes them together, and answers the version at which a watch goes on. */
export async function readPages(parts: PageParts, from: Version, abort: AbortController): Promise<Version> {
  const reading = new PageReading(parts, abort);
  const silence = new SilenceDeadline(parts.clock, LONGEST_SILENCE, () => abort.abort());
  try {
    return await reading.run(from, silence);
  } catch (error) {
    if (!abort.signal.aborted) throw error;
    throw new WatchFailure('quiet', `was asked for, and nothing came for ${LONGEST_SILENCE / 1000} s.`);
  } finally {
    silence.cancel();
  }
}

class PageReading {
  readonly #parts: PageParts;
  readonly #abort: AbortController;
  readonly #listing: Listing;
  readonly #question: Question;
  #corrupt = 0;

  constructor(parts: PageParts, abort: AbortController) {
    this.#parts = parts;
    this.#abort = abort;
    this.#listing = parts.store.listing();
    this.#question = { resource: parts.resource, verb: 'list' };
  }

  async run(from: Version, silence: SilenceDeadline): Promise<Version> {
    const { resource } = this.#parts;
    let page = await this.#read(pagePath(resource, { version: from }), silence);
    while (page.continueAt !== '')
      page = await this.#read(pagePath(resource, { continueAt: page.continueAt }), silence);
    return this.#publish(page.version);
  }

  // The object of an item that cannot be read may well be there: nothing is taken for gone, and all is asked for again.
  #publish(version: Version): Version {
    if (this.#corrupt === 0) {
      this.#listing.publish();
      return version;
    }
    this.#listing.publishPart();
    throw corruptFailure(this.#corrupt, 'item');
  }

  async #read(path: string, silence: SilenceDeadline): Promise<Page> {
    const { transport, clock, counters } = this.#parts;
    const response = await transport.request({ method: 'GET', path }, this.#abort.signal);
    await expectJson(response, this.#question);
    const splitter = new ItemSplitter();
    await digest(response.body, splitter, clock, {
      take: (bytes) => this.#take(bytes),
      settle: () => {
        counters.lastHeard = clock.now();
        silence.heard();
      },
    });
    return readEnvelope(splitter.envelope);
  }

  #take(bytes: Buffer): void {
    const item = parseJson(bytes);
    if (item !== undefined) {
      this.#listing.add(item);
      return;
    }
    this.#corrupt++;
    this.#parts.counters.corruptLines++;
  }
}

export function corruptFailure(count: number, what: 'item' | 'line'): WatchFailure {
  const message =
    count === 1 ? `held a ${what} that is no JSON of the API` : `held ${count} ${what}s that are no JSON`;
  const remedy = 'Look for what lies between this node and the API server.';
  return new WatchFailure('corrupt', `${message}; everything is asked for again.`, { remedy });
}

interface Page {
  readonly version: Version;
  /** Empty on the last page. */
  readonly continueAt: string;
}

// A body that breaks off leaves brackets open, and so is no JSON either.
function readEnvelope(bytes: Buffer): Page {
  const list = parseJson(bytes);
  const metadata = isRecord(list) && isRecord(list.metadata) ? list.metadata : {};
  const version = versionOf(metadata);
  if (version === undefined) throw corruptFailure(1, 'item');
  return { version, continueAt: String(metadata.continue ?? '') };
}
