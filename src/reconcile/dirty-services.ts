import type { DesiredDataplane } from '../desired/desired-dataplane.js';
import type { Clock } from '../model/clock.js';
import type { ClusterSource } from '../model/cluster-source.js';
import type { KernelKeySet } from '../model/kernel-keys.js';
import type { ServiceKey } from '../model/service-key.js';
import { TimeSlice } from '../model/time-slice.js';

/** Working them out takes some tens of microseconds each, so that a look at the clock after each would be felt. */
const SERVICES_PER_LOOK = 16;

/** The Services that changed and have not been worked out since. */
export class DirtyServices {
  readonly #source: Pick<ClusterSource, 'view'>;
  readonly #desired: Pick<DesiredDataplane, 'refresh'>;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #keys = new Set<ServiceKey>();
  #takenIn = 0;

  constructor(
    source: Pick<ClusterSource, 'view'>,
    desired: Pick<DesiredDataplane, 'refresh'>,
    clock: Pick<Clock, 'now'>,
  ) {
    this.#source = source;
    this.#desired = desired;
    this.#clock = clock;
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
      this.#keys.delete(key);
      this.#takenIn++;
      this.#desired.refresh(key, this.#source.view.look(key), touched);
      if (slice.over) await slice.rest();
    }
  }

  /** How many were worked out since the last time. */
  takeCount(): number {
    const count = this.#takenIn;
    this.#takenIn = 0;
    return count;
  }
}
