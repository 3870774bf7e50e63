import type { Comparison, OtherAddressesAndSets, Remembered } from '../../src/kernel/kernel.js';
import type { Frontend, FrontendKey } from '../../src/model/frontend.js';
import type { Answered, Operation } from '../../src/model/operation.js';
import { FakeKernel } from '../../test/support/fake-kernel.js';

/**
 * A kernel in memory that tells the audit what the addon tells it of a kernel to which nobody else writes: what was
 * written since the last time, and nothing besides. What addon and kernel take to find that out is not in it.
 */
export class DigestingKernel extends FakeKernel {
  readonly #written = new Map<FrontendKey, Frontend>();
  #isSeen = false;

  override perform(operations: readonly Operation[]): Promise<Answered> {
    for (const operation of operations)
      if ('frontend' in operation) this.#written.set(operation.frontend.key, operation.frontend);
    this.#isSeen = false;
    return super.perform(operations);
  }

  override async compareAtOnce(_ours: Remembered, always: boolean): Promise<Comparison> {
    const changed = always ? [...this.#written.values()] : [];
    if (always) this.#written.clear();
    return { families: ['IPv4', 'IPv6'], changed, entries: 0, isLast: true };
  }

  override async lookForOtherAddressesAndSets(): Promise<OtherAddressesAndSets> {
    if (this.#isSeen) return undefined;
    this.#isSeen = true;
    return this.observeAddressesAndSets();
  }
}
