import type { DesiredDataplane } from '../desired/desired-dataplane.js';
import { type Clock, inSlices, KEYS_IN_PIECE, TimeSlice } from '../model/clock.js';
import type { ClusterSource } from '../model/cluster-source.js';
import type { KernelKeySet } from '../model/kernel-keys.js';
import type { ServiceKey } from '../model/service-key.js';

/** Working them out takes some tens of microseconds each, so that a look at the clock after each would be felt. */
const SERVICES_PER_LOOK = 16;

/** A Service that may need more virtual and real servers is worked out after all others, in pieces. */
const MOST_OF_ORDINARY = 1_000;

export interface ServicesBySize {
  readonly ordinary: readonly ServiceKey[];
  /** Those that may need so many virtual and real servers that working them out takes a while. */
  readonly large: readonly ServiceKey[];
}

/** The Services that changed and have not been worked out since. */
export class DirtyServices {
  readonly #source: Pick<ClusterSource, 'view'>;
  readonly #desired: Pick<DesiredDataplane, 'refresh' | 'refreshInPieces' | 'entriesOf' | 'takeConcerned'>;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #keys = new Set<ServiceKey>();
  readonly #delayed: DelayedServices;
  #takenIn = 0;

  constructor(
    source: Pick<ClusterSource, 'view'>,
    desired: Pick<DesiredDataplane, 'refresh' | 'refreshInPieces' | 'entriesOf' | 'takeConcerned'>,
    clock: Pick<Clock, 'now'>,
  ) {
    this.#source = source;
    this.#desired = desired;
    this.#clock = clock;
    this.#delayed = new DelayedServices(clock);
  }

  get size(): number {
    return this.#keys.size;
  }

  /** Whether there is one that the next pass works out. */
  get isDue(): boolean {
    for (const key of this.#keys) if (!this.#delayed.has(key)) return true;
    return false;
  }

  get keys(): ReadonlySet<ServiceKey> {
    return this.#keys;
  }

  has(service: ServiceKey): boolean {
    return this.#keys.has(service);
  }

  add(services: Iterable<ServiceKey>): void {
    for (const key of services) this.#keys.add(key);
  }

  /** What has changed is the node, or an address that nodes need: none is delayed any longer. */
  addAtOnce(services: Iterable<ServiceKey>): void {
    for (const key of services) {
      this.#keys.add(key);
      this.#delayed.end(key);
    }
  }

  /**
   * Works them out; `touched`: the kernel keys to which those that may have changed are added. Ten thousand take a
   * quarter of a second. What changes while the event loop has its turn is dirty again. `areAllKnown`: the source is
   * complete; before, none is delayed, since what has not been worked out would be taken for unwanted.
   */
  async takeIn(touched: KernelKeySet, areAllKnown = false): Promise<void> {
    const slice = new TimeSlice(this.#clock, SERVICES_PER_LOOK);
    this.#delayed.forget();
    await this.#takeInThese([...this.#keys], touched, slice, areAllKnown);
    const concerned = this.#desired.takeConcerned();
    this.add(concerned);
    await this.#takeInThese(concerned, touched, slice, areAllKnown);
  }

  async #takeInThese(
    keys: readonly ServiceKey[],
    touched: KernelKeySet,
    slice: TimeSlice,
    areAllKnown: boolean,
  ): Promise<void> {
    const { ordinary, large } = await inSlices(this.bySize(keys), slice);
    for (const key of ordinary.concat(large)) {
      if (this.#isDelayed(key)) continue;
      const before = this.#desired.entriesOf(key);
      if (this.#isLarge(key)) await this.#workOutInPieces(key, touched, slice);
      else this.workOut(key, touched);
      if (areAllKnown) this.#delayed.changed(key, Math.max(before, this.#desired.entriesOf(key)));
      if (slice.over) await slice.yieldTurn();
    }
  }

  /** The pass that took them in is over, after so many milliseconds. */
  passed(milliseconds: number): void {
    this.#delayed.begin(milliseconds);
  }

  /** Milliseconds until the first may be worked out; undefined where there is none. */
  wait(): number | undefined {
    const waits = [...this.#keys].map((key) => this.#delayed.wait(key));
    return waits.length === 0 ? undefined : Math.min(...waits);
  }

  // A deleted Service lets go at once.
  #isDelayed(key: ServiceKey): boolean {
    return this.#delayed.has(key) && this.#source.view.look(key).service !== undefined;
  }

  /** How many were worked out since the last time. */
  takeCount(): number {
    const count = this.#takenIn;
    this.#takenIn = 0;
    return count;
  }

  /**
   * What is worked out first is written first: a small Service does not wait for a large one of somebody else, so large
   * ones come last. In pieces, of which none takes long.
   */
  *bySize(keys: readonly ServiceKey[]): Generator<void, ServicesBySize> {
    const ordinary: ServiceKey[] = [];
    const large: ServiceKey[] = [];
    for (let index = 0; index < keys.length; index++) {
      const key = keys[index] as ServiceKey;
      if (this.#isLarge(key)) large.push(key);
      else ordinary.push(key);
      if (index % KEYS_IN_PIECE === 0) yield;
    }
    return { ordinary, large };
  }

  #isLarge(key: ServiceKey): boolean {
    return this.#source.view.entriesAtMost(key) > MOST_OF_ORDINARY;
  }

  async #workOutInPieces(key: ServiceKey, touched: KernelKeySet, slice: TimeSlice): Promise<void> {
    this.#keys.delete(key);
    this.#takenIn++;
    const pieces = this.#desired.refreshInPieces(key, this.#source.view.look(key), touched);
    while (pieces.next().done !== true) await slice.yieldTurn();
  }

  /** Works out one of them; the kernel keys that may have changed are added to `touched`. */
  workOut(key: ServiceKey, touched: KernelKeySet): void {
    this.#keys.delete(key);
    this.#takenIn++;
    this.#desired.refresh(key, this.#source.view.look(key), touched);
  }
}

/**
 * Virtual and real servers that one Service may have worked out and programmed in a second; a node does ten times as
 * many.
 */
const ENTRIES_PER_SECOND = 20_000;
/**
 * Milliseconds; a shorter delay is not worth a timer, so that Services of fewer than 1,000 entries are never delayed.
 */
const SHORTEST = 50;
/** Milliseconds; for a Service with all that it may have. */
const LONGEST = 5_000;

/**
 * Services that wait before their next change is taken in, each as long as its last one was large, and no shorter than
 * the pass that programmed it. Without this, whoever edits one Service of 40,000 entries a hundred times a second makes
 * all others wait for it again and again, since a pass is for all of them. What changes meanwhile is taken in together.
 */
class DelayedServices {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #ends = new Map<ServiceKey, number>();
  /** Milliseconds by which the next change of each Service that changed in this pass is delayed. */
  readonly #delays = new Map<ServiceKey, number>();

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** `entries`: virtual and real servers of the Service, before its change or after, whichever is more. */
  changed(service: ServiceKey, entries: number): void {
    const delay = Math.min((entries / ENTRIES_PER_SECOND) * 1_000, LONGEST);
    if (delay >= SHORTEST) this.#delays.set(service, delay);
  }

  /** The pass is over that took so many milliseconds: the delay of those changed in it begins. */
  begin(milliseconds: number): void {
    if (this.#delays.size === 0) return;
    const now = this.#clock.now();
    for (const [service, delay] of this.#delays) this.#ends.set(service, now + Math.max(delay, milliseconds));
    this.#delays.clear();
  }

  has(service: ServiceKey): boolean {
    return this.wait(service) > 0;
  }

  /** Milliseconds until its delay is over; 0 where it has none. */
  wait(service: ServiceKey): number {
    // Hardly a Service is as large as that.
    if (this.#ends.size === 0) return 0;
    return Math.max(0, (this.#ends.get(service) ?? 0) - this.#clock.now());
  }

  end(service: ServiceKey): void {
    this.#ends.delete(service);
  }

  /** Those whose delay is over, deleted Services among them, are forgotten. */
  forget(): void {
    if (this.#ends.size === 0) return;
    const now = this.#clock.now();
    for (const [service, end] of this.#ends) if (end <= now) this.#ends.delete(service);
  }
}
