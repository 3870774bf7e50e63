import type {
  AddressesAndSets,
  Observation,
  OtherAddressesAndSets,
  Remembered,
} from '../../src/kernel/kernel.js';
import type { LookResult } from '../../src/model/counters.js';
import type { Frontend } from '../../src/model/frontend.js';
import { type Answered, countOf, type Operation } from '../../src/model/operation.js';
import { KernelInFront } from './kernel-in-front.js';

/** Counts what is asked of a kernel. */
export class CountingKernel extends KernelInFront {
  #counts = { observe: 0, observeAddressesAndSets: 0, look: 0, looked: 0, perform: 0, performed: 0 };

  /** What was asked since this was read last. */
  takeCounts() {
    const counts = this.#counts;
    this.#counts = { observe: 0, observeAddressesAndSets: 0, look: 0, looked: 0, perform: 0, performed: 0 };
    return counts;
  }

  override observe(remembered?: Remembered): Promise<Observation> {
    this.#counts.observe++;
    return super.observe(remembered);
  }

  override lookForOtherAddressesAndSets(): Promise<OtherAddressesAndSets> {
    this.#counts.observeAddressesAndSets++;
    return super.lookForOtherAddressesAndSets();
  }

  override observeAddressesAndSets(): Promise<AddressesAndSets> {
    this.#counts.observeAddressesAndSets++;
    return super.observeAddressesAndSets();
  }

  override look(frontends: readonly Frontend[]): Promise<readonly LookResult[]> {
    this.#counts.look++;
    this.#counts.looked += frontends.length;
    return super.look(frontends);
  }

  override lookForChanges(frontends: readonly Frontend[]): Promise<readonly (LookResult | undefined)[]> {
    this.#counts.look++;
    this.#counts.looked += frontends.length;
    return super.lookForChanges(frontends);
  }

  override perform(operations: readonly Operation[]): Promise<Answered> {
    this.#counts.perform++;
    for (const operation of operations) this.#counts.performed += countOf(operation);
    return super.perform(operations);
  }
}
