import type { ResourceStatistics, RestartReason } from '../../model/watch-statistics.js';
import type { ObjectTaker } from './object-store.js';

/** What is counted while one resource is followed. */
export class WatchCounters implements ResourceStatistics {
  readonly resource: string;
  readonly restarts: Partial<Record<RestartReason, number>> = {};
  readonly #store: ObjectTaker;
  isServed = true;
  lists = 0;
  watches = 0;
  events = 0;
  bookmarks = 0;
  corruptLines = 0;

  constructor(resource: string, store: ObjectTaker) {
    this.resource = resource;
    this.#store = store;
  }

  get objects(): number {
    return this.#store.size;
  }

  get untranslatable(): number {
    return this.#store.untranslatable;
  }

  get complete(): boolean {
    return this.lists > 0;
  }

  get served(): boolean {
    return this.isServed;
  }

  listed(): void {
    this.lists++;
  }

  restarted(reason: RestartReason): void {
    this.restarts[reason] = (this.restarts[reason] ?? 0) + 1;
  }

  /** As it is at this moment: the counters go on. */
  get snapshot(): ResourceStatistics {
    const { resource, objects, complete, served, lists, watches, events, bookmarks } = this;
    const { corruptLines, untranslatable } = this;
    const restarts = { ...this.restarts };
    return {
      resource,
      objects,
      complete,
      served,
      lists,
      watches,
      events,
      bookmarks,
      restarts,
      corruptLines,
      untranslatable,
    };
  }
}
