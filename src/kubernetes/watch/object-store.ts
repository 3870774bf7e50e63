import { isDeepStrictEqual } from 'node:util';
import { inSlices, type TimeSlice } from '../../model/clock.js';
import type { Problem } from '../../model/problem.js';

/** What is kept of one object as the API sent it. */
export interface Projection<R> {
  /** Undefined where it has no valid name: then there is nothing to keep, and only the problems count. */
  readonly key: string | undefined;
  /** Distinguishes an object from one that was made under the same name later. */
  readonly uid: string;
  /** Undefined for an object that is left alone. */
  readonly record: R | undefined;
  readonly problems: readonly Problem[];
  /** When the change happened that it shows, in milliseconds since 1970, where it says. */
  readonly triggered?: number | undefined;
}

/** One real difference. `before` and `after` are equal where an object was deleted and made anew as it had been. */
export interface StoreChange<R> {
  readonly key: string;
  readonly before: R | undefined;
  readonly after: R | undefined;
  readonly triggered: number | undefined;
}

interface StoreParts<R> {
  readonly project: (object: unknown) => Projection<R>;
  readonly changed: (change: StoreChange<R>) => void;
  /** What is wrong with an object now; with the last objects that have no name where `key` is undefined. */
  readonly problemsFound: (key: string | undefined, problems: readonly Problem[]) => void;
}

interface Entry<R> {
  readonly uid: string;
  readonly record: R | undefined;
  readonly triggered: number | undefined;
  readonly problems: readonly Problem[];
}

/** A store as what follows the API server sees it. */
export interface ObjectTaker {
  readonly size: number;
  /** Objects taken of which nothing could be used. */
  readonly untranslatable: number;
  put(object: unknown): void;
  delete(object: unknown): void;
  listing(): Listing;
}

/**
 * All objects there are, sent one after the other; nothing shows before the end. Publishing gives way to others where
 * it takes long: first what is new or changed shows, then what has gone, so that nothing is missing in between.
 */
export interface Listing {
  add(object: unknown): void;
  /** As a deletion that happens while the listing goes on. */
  remove(object: unknown): void;
  /** This is all there is: what was not sent has gone. */
  publish(slice: TimeSlice): Promise<void>;
  /** Something was sent that could not be read: what was not sent may be that, and stays. */
  publishPart(slice: TimeSlice): Promise<void>;
}

/**
 * The objects of one resource, by name, each reduced at once to what a proxy needs. Only real differences come out:
 * whatever was received twice, or is sent again after an interruption, is compared here. An object with another uid is
 * another object even where it looks the same, and comes out as a change: whoever keeps something for it
 * (connections, health checks, events) is to know.
 */
export class ObjectStore<R> implements ObjectTaker {
  readonly #parts: StoreParts<R>;
  #entries = new Map<string, Entry<R>>();
  #untranslatable = 0;

  constructor(parts: StoreParts<R>) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#entries.size;
  }

  get untranslatable(): number {
    return this.#untranslatable;
  }

  /** The uid of the object that bears this name now. */
  uidOf(key: string): string | undefined {
    return this.#entries.get(key)?.uid;
  }

  put(object: unknown): void {
    const { key, entry } = this.#read(object);
    if (key === undefined) this.#parts.problemsFound(undefined, entry.problems);
    else this.#settle(key, entry);
  }

  delete(object: unknown): void {
    const { key } = this.#parts.project(object);
    if (key !== undefined) this.#settle(key, undefined);
  }

  listing(): Listing {
    const sent = new Map<string, Entry<R>>();
    const nameless: Problem[] = [];
    return {
      add: (object) => {
        const { key, entry } = this.#read(object);
        if (key !== undefined) sent.set(key, entry);
        // Ten show what is the matter; ten thousand would only fill the memory.
        else if (nameless.length < 10) nameless.push(...entry.problems);
      },
      remove: (object) => {
        const { key } = this.#parts.project(object);
        if (key !== undefined) sent.delete(key);
      },
      publish: (slice) => inSlices(this.#replaceBy(sent, nameless), slice),
      publishPart: (slice) => inSlices(this.#add(sent, nameless), slice),
    };
  }

  *#replaceBy(sent: Map<string, Entry<R>>, nameless: readonly Problem[]): Generator<void, void> {
    const before = this.#entries;
    for (const [key, entry] of sent) {
      this.#show(key, before.get(key), entry);
      yield;
    }
    this.#parts.problemsFound(undefined, nameless);
    for (const [key, entry] of before) {
      if (!sent.has(key)) this.#show(key, entry, undefined);
      yield;
    }
    // Taken as it is: filled one by one, it would grow in the same turn as all else that has an entry for each.
    this.#entries = sent;
  }

  *#add(sent: Map<string, Entry<R>>, nameless: readonly Problem[]): Generator<void, void> {
    for (const [key, entry] of sent) {
      this.#settle(key, entry);
      yield;
    }
    this.#parts.problemsFound(undefined, nameless);
    // Whoever watches holds the listing for as long as the watch lasts.
    sent.clear();
  }

  // An entry equal to the known one is given up for it at once: a new listing then costs no memory but its own keys.
  #read(object: unknown): { readonly key: string | undefined; readonly entry: Entry<R> } {
    const { key, uid, record, problems, triggered } = this.#parts.project(object);
    if (record === undefined && problems.length > 0) this.#untranslatable++;
    const known = key === undefined ? undefined : this.#entries.get(key);
    const isKnown =
      known?.uid === uid && isDeepStrictEqual([known.record, known.problems], [record, problems]);
    return { key, entry: isKnown ? known : { uid, record, triggered, problems } };
  }

  #settle(key: string, entry: Entry<R> | undefined): void {
    const known = this.#entries.get(key);
    if (entry === undefined) this.#entries.delete(key);
    else this.#entries.set(key, entry);
    this.#show(key, known, entry);
  }

  #show(key: string, known: Entry<R> | undefined, entry: Entry<R> | undefined): void {
    if (known === entry) return;
    const { problems = NONE } = entry ?? {};
    if (problems.length > 0 || (known?.problems.length ?? 0) > 0) this.#parts.problemsFound(key, problems);
    const before = known?.record;
    const after = entry?.record;
    if (known?.uid === entry?.uid && isDeepStrictEqual(before, after)) return;
    if (before === undefined && after === undefined) return;
    this.#parts.changed({ key, before, after, triggered: entry?.triggered });
  }
}

const NONE: readonly Problem[] = [];
