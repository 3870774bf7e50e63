import type { DesiredDataplane } from '../desired/desired-dataplane.js';
import { contestedServices } from '../model/claim.js';
import { type Clock, TimeSlice } from '../model/clock.js';
import type { ClusterSource } from '../model/cluster-source.js';
import { entriesAtMost } from '../model/cluster-view.js';
import { KernelKeySet, type KernelKeys } from '../model/kernel-keys.js';
import { compareAge } from '../model/service.js';
import type { ServiceKey } from '../model/service-key.js';

/** Working them out takes some tens of microseconds each, so that a look at the clock after each would be felt. */
const SERVICES_PER_LOOK = 16;

/** A Service that may need more virtual and real servers is worked out after all others, in pieces. */
const MOST_OF_ORDINARY = 1_000;

/** The Services that changed and have not been worked out since. */
export class DirtyServices {
  readonly #source: Pick<ClusterSource, 'view'>;
  readonly #desired: Pick<DesiredDataplane, 'refresh' | 'refreshInPieces' | 'entriesOf' | 'takeConcerned'>;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #portion: number;
  readonly #keys = new Set<ServiceKey>();
  readonly #resting: RestingServices;
  #takenIn = 0;

  /** `portion`: of so many at once `portions` works out. */
  constructor(
    source: Pick<ClusterSource, 'view'>,
    desired: Pick<DesiredDataplane, 'refresh' | 'refreshInPieces' | 'entriesOf' | 'takeConcerned'>,
    clock: Pick<Clock, 'now'>,
    portion: number,
  ) {
    this.#source = source;
    this.#desired = desired;
    this.#clock = clock;
    this.#portion = portion;
    this.#resting = new RestingServices(clock);
  }

  get size(): number {
    return this.#keys.size;
  }

  has(service: ServiceKey): boolean {
    return this.#keys.has(service);
  }

  add(services: Iterable<ServiceKey>): void {
    for (const key of services) this.#keys.add(key);
  }

  /** What has changed is the node, or an address that nodes need: nobody rests longer. */
  addAtOnce(services: Iterable<ServiceKey>): void {
    for (const key of services) {
      this.#keys.add(key);
      this.#resting.end(key);
    }
  }

  /**
   * Works them out; `touched`: the kernel keys to which those that may have changed are added. Ten thousand take a quarter of
   * a second. What changes while others have their turn is dirty again. `areAllKnown`: the source has told everything; before,
   * none rests, since what it has not had worked out would be taken for unwanted.
   */
  async takeIn(touched: KernelKeySet, areAllKnown = false): Promise<void> {
    const slice = new TimeSlice(this.#clock, SERVICES_PER_LOOK);
    this.#resting.forget();
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
    for (const key of this.#largeLast(keys)) {
      if (this.#rests(key)) continue;
      const before = this.#desired.entriesOf(key);
      if (this.#isLarge(key)) await this.#workOutInPieces(key, touched, slice);
      else this.#workOut(key, touched);
      if (areAllKnown) this.#resting.changed(key, Math.max(before, this.#desired.entriesOf(key)));
      if (slice.over) await slice.rest();
    }
  }

  /** The pass that took them in is over, after so many milliseconds. */
  passed(milliseconds: number): void {
    this.#resting.begin(milliseconds);
  }

  /** Milliseconds until the first of those that rest has its turn; undefined where none rests. */
  wait(): number | undefined {
    const waits = [...this.#keys].map((key) => this.#resting.wait(key));
    return waits.length === 0 ? undefined : Math.min(...waits);
  }

  // A deleted Service lets go at once.
  #rests(key: ServiceKey): boolean {
    return this.#resting.has(key) && this.#source.view.look(key).service !== undefined;
  }

  /**
   * Those of which nobody takes a frontend away, whatever is worked out later: the oldest first, and `urgent` before all others.
   * The others have to wait until all are worked out together.
   */
  uncontested(urgent: ServiceKey): ServiceKey[] {
    const { view } = this.#source;
    const services = [...this.#keys].flatMap((key) => view.look(key).service ?? []);
    const contested = contestedServices(services);
    const free = services.filter(({ key }) => !contested.has(key)).sort(compareAge);
    const keys = this.#largeLast(free.map(({ key }) => key));
    return keys.includes(urgent) ? [urgent, ...keys.filter((key) => key !== urgent)] : keys;
  }

  /**
   * Works out a portion of these whenever one is asked for; each answer is the kernel keys that may have changed. A portion ends with
   * a large Service, or many of them would be worked out at once.
   */
  *portions(services: readonly ServiceKey[]): Generator<KernelKeys> {
    let touched = new KernelKeySet();
    let count = 0;
    for (const key of services) {
      this.#workOut(key, touched);
      if (++count < this.#portion && !this.#isLarge(key)) continue;
      yield touched;
      touched = new KernelKeySet();
      count = 0;
    }
    if (count > 0) yield touched;
  }

  /** How many were worked out since the last time. */
  takeCount(): number {
    const count = this.#takenIn;
    this.#takenIn = 0;
    return count;
  }

  // What is worked out first is written first: whoever has a small Service does not wait for a large one of somebody else.
  #largeLast(keys: readonly ServiceKey[]): ServiceKey[] {
    const large = new Set(keys.filter((key) => this.#isLarge(key)));
    return large.size === 0 ? [...keys] : [...keys.filter((key) => !large.has(key)), ...large];
  }

  #isLarge(key: ServiceKey): boolean {
    return entriesAtMost(this.#source.view.look(key)) > MOST_OF_ORDINARY;
  }

  async #workOutInPieces(key: ServiceKey, touched: KernelKeySet, slice: TimeSlice): Promise<void> {
    this.#keys.delete(key);
    this.#takenIn++;
    const pieces = this.#desired.refreshInPieces(key, this.#source.view.look(key), touched);
    while (pieces.next().done !== true) await slice.rest();
  }

  #workOut(key: ServiceKey, touched: KernelKeySet): void {
    this.#keys.delete(key);
    this.#takenIn++;
    this.#desired.refresh(key, this.#source.view.look(key), touched);
  }
}

/** Virtual and real servers that one Service may have worked out and programmed in a second; a node does ten times as many. */
const ENTRIES_PER_SECOND = 20_000;
/** Milliseconds; a shorter rest is not worth a timer, so that Services of fewer than 1,000 entries never rest. */
const SHORTEST = 50;
/** Milliseconds; for a Service with all that it may have. */
const LONGEST = 5_000;

/**
 * Services that wait before their next change is taken in, each as long as its last one was large, and no shorter than the pass that
 * programmed it. Every pass is everybody's: without this, whoever edits one Service of 40,000 entries a hundred times a second makes all
 * others wait for it again and again. What changes meanwhile is taken in together.
 */
export class RestingServices {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #ends = new Map<ServiceKey, number>();
  /** Milliseconds that each of those changed in this pass is to rest after it. */
  readonly #rests = new Map<ServiceKey, number>();

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** `entries`: virtual and real servers of the Service, before its change or after, whichever is more. */
  changed(service: ServiceKey, entries: number): void {
    const rest = Math.min((entries / ENTRIES_PER_SECOND) * 1_000, LONGEST);
    if (rest >= SHORTEST) this.#rests.set(service, rest);
  }

  /** The pass is over that took so many milliseconds: the rest of those changed in it begins. */
  begin(milliseconds: number): void {
    if (this.#rests.size === 0) return;
    const now = this.#clock.now();
    for (const [service, rest] of this.#rests) this.#ends.set(service, now + Math.max(rest, milliseconds));
    this.#rests.clear();
  }

  has(service: ServiceKey): boolean {
    return this.wait(service) > 0;
  }

  /** Milliseconds until its rest is over; 0 where it has none. */
  wait(service: ServiceKey): number {
    // Hardly a Service is as large as that.
    if (this.#ends.size === 0) return 0;
    return Math.max(0, (this.#ends.get(service) ?? 0) - this.#clock.now());
  }

  end(service: ServiceKey): void {
    this.#ends.delete(service);
  }

  /** Those whose rest is over, deleted Services among them, are forgotten. */
  forget(): void {
    if (this.#ends.size === 0) return;
    const now = this.#clock.now();
    for (const [service, end] of this.#ends) if (end <= now) this.#ends.delete(service);
  }
}
