import type { DesiredDataplane } from '../desired/desired-dataplane.js';
import type { Preparation } from '../kernel/kernel.js';
import type { Address } from '../model/address.js';
import { type Cidr, cidrContains } from '../model/cidr.js';
import type { ClusterSource } from '../model/cluster-source.js';
import type { DataplaneState } from '../model/dataplane-state.js';
import type { Frontend } from '../model/frontend.js';
import { isInherited, isTakenOver, planRemains } from '../plan/adoption.js';
import { alone, type Round } from './stage-runner.js';

/** What a proxy before us left outside of IPVS and the dummy device. */
export interface Predecessor {
  /** Removes it, once our own table does its work; what could not be removed is a warning. */
  remove(): Promise<Preparation>;
}

/**
 * Taking over from another proxy, once, at the start. It is under way until everything wanted is in our table and the
 * predecessor's leftovers are removed; from then on what others make is foreign as ever.
 */
export class Takeover {
  readonly #desired: DesiredDataplane;
  readonly #source: Pick<ClusterSource, 'complete'>;
  readonly #excluded: readonly Cidr[];
  #predecessor: Predecessor | undefined;
  #leaving = false;

  /**
   * `source`: as the pass judges it, which has taken in what was known when the pass began. `excluded`: addresses on
   * which nothing is taken over; a virtual server there stays another program's.
   */
  constructor(
    predecessor: Predecessor | undefined,
    desired: DesiredDataplane,
    source: Pick<ClusterSource, 'complete'>,
    excluded: readonly Cidr[] = [],
  ) {
    this.#predecessor = predecessor;
    this.#desired = desired;
    this.#source = source;
    this.#excluded = excluded;
  }

  get underWay(): boolean {
    return this.#predecessor !== undefined;
  }

  /** Whether a virtual server outside the ledger is ours all the same. */
  readonly inherits = (frontend: Frontend, bound: ReadonlySet<Address>): boolean =>
    this.underWay &&
    !this.#excluded.some((range) => cidrContains(range, frontend.address)) &&
    isInherited(frontend, this.#desired, bound, this.#source.complete);

  /**
   * The rounds of a pass, and what is left over after them; `ledgerLost`: nothing says whose the addresses of the
   * device are.
   */
  *after(rounds: Iterable<Round>, observed: () => DataplaneState, ledgerLost: boolean): Generator<Round> {
    yield* rounds;
    if ((this.underWay || ledgerLost) && this.#source.complete)
      yield alone(() => planRemains(this.#desired, observed()));
  }

  /**
   * Has what the predecessor left removed as soon as our table does its work. Beside the passes, since it may take
   * seconds: the kernel waits for RCU before it destroys an ipset. Nothing here waits for it; `report` is called with
   * what was removed.
   */
  finish(observed: DataplaneState, report: (removed: Preparation) => void): void {
    const predecessor = this.#predecessor;
    if (predecessor === undefined || this.#leaving || !this.#source.complete) return;
    if (!isTakenOver(this.#desired, observed)) return;
    this.#leaving = true;
    void predecessor
      .remove()
      .catch((error: unknown) => ({ done: [], warnings: [failureText(error)] }))
      .then((removed) => {
        this.#predecessor = undefined;
        report(removed);
      });
  }
}

function failureText(error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  return `what kube-proxy left could not be removed: ${reason}. The next start with --adopt tries again.`;
}
