import type { DesiredDataplane } from '../desired/desired-dataplane.js';
import type { Address } from '../model/address.js';
import type { Clock } from '../model/clock.js';
import type { ClusterSource } from '../model/cluster-source.js';
import { KernelKeySet, type KernelKeys } from '../model/kernel-keys.js';
import { claimsOf, compareAge } from '../model/service.js';
import type { ServiceKey } from '../model/service-key.js';
import { TimeSlice } from '../model/time-slice.js';

/** Working them out takes some tens of microseconds each, so that a look at the clock after each would be felt. */
const SERVICES_PER_LOOK = 16;

/** The Services that changed and have not been worked out since. */
export class DirtyServices {
  readonly #source: Pick<ClusterSource, 'view'>;
  readonly #desired: Pick<DesiredDataplane, 'refresh'>;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #portion: number;
  readonly #keys = new Set<ServiceKey>();
  #takenIn = 0;

  /** `portion`: of so many at once `portions` works out. */
  constructor(
    source: Pick<ClusterSource, 'view'>,
    desired: Pick<DesiredDataplane, 'refresh'>,
    clock: Pick<Clock, 'now'>,
    portion: number,
  ) {
    this.#source = source;
    this.#desired = desired;
    this.#clock = clock;
    this.#portion = portion;
  }

  get size(): number {
    return this.#keys.size;
  }

  add(services: Iterable<ServiceKey>): void {
    for (const key of services) this.#keys.add(key);
  }

  /**
   * Works them out; `touched`: the kernel keys to which those that may have changed are added. Ten thousand take a quarter of
   * a second. What changes while others have their turn is dirty again.
   */
  async takeIn(touched: KernelKeySet): Promise<void> {
    const slice = new TimeSlice(this.#clock, SERVICES_PER_LOOK);
    for (const key of [...this.#keys]) {
      this.#workOut(key, touched);
      if (slice.over) await slice.rest();
    }
  }

  /**
   * Works out a portion of them whenever one is asked for; each answer is the kernel keys that may have changed. The oldest Services
   * come first: of several that want one frontend the oldest has it, so that nobody gets what a later portion takes away.
   * `services`: only these.
   */
  *portions(services: Iterable<ServiceKey> = this.#keys): Generator<KernelKeys> {
    const keys = this.#oldestFirst([...services].filter((key) => this.#keys.has(key)));
    for (let start = 0; start < keys.length; start += this.#portion) {
      const touched = new KernelKeySet();
      for (const key of keys.slice(start, start + this.#portion)) this.#workOut(key, touched);
      yield touched;
    }
  }

  /** How many were worked out since the last time. */
  takeCount(): number {
    const count = this.#takenIn;
    this.#takenIn = 0;
    return count;
  }

  /**
   * The Service, if it is dirty, with all that claim something that it claims, or that one of these claims: the oldest of them has
   * what they want both, and nobody else wants any of it.
   */
  withRivals(key: ServiceKey): ServiceKey[] {
    let group = this.#keys.has(key) ? [key] : [];
    for (let size = 0; group.length > size; ) {
      size = group.length;
      group = this.#claimants(this.#claimsOf(group));
    }
    return group;
  }

  #claimsOf(services: readonly ServiceKey[]): ReadonlySet<Address | number> {
    const { view } = this.#source;
    return new Set(
      services.flatMap((key) => {
        const { service } = view.look(key);
        return service === undefined ? [] : claimsOf(service);
      }),
    );
  }

  #claimants(claims: ReadonlySet<Address | number>): ServiceKey[] {
    const { view } = this.#source;
    return [...this.#keys].filter((key) => {
      const { service } = view.look(key);
      return service !== undefined && claimsOf(service).some((claim) => claims.has(claim));
    });
  }

  #workOut(key: ServiceKey, touched: KernelKeySet): void {
    this.#keys.delete(key);
    this.#takenIn++;
    this.#desired.refresh(key, this.#source.view.look(key), touched);
  }

  // Slices without a Service want nothing, whenever they are worked out.
  #oldestFirst(services: readonly ServiceKey[]): ServiceKey[] {
    const { view } = this.#source;
    const aged = services.map((key) => view.look(key).service ?? { key, created: 0 });
    return aged.sort(compareAge).map(({ key }) => key);
  }
}
