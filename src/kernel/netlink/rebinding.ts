import type { Address } from '../../model/address.js';
import type { VipBinding } from '../../model/vip-binding.js';
import type { KernelHandle } from '../native/addon.js';
import { encodeOperations } from '../native/operation-encoder.js';
import type { AddressRecord, KernelOperation } from '../native/records.js';
import { bindRecord, OPERATIONS_PER_JOB, unbindRecord } from './netlink-operations.js';

/** Codes of a record that left the VIP bound: done, and −EEXIST. */
const BOUND: ReadonlySet<number | undefined> = new Set([0, -17]);

const OTHER = { addresses: 'routes', routes: 'addresses' } as const satisfies Record<VipBinding, VipBinding>;

/**
 * VIPs of ours that are bound in the other way than is wanted: from before the setting was changed, or taken over from
 * kube-proxy. A VIP is bound either way, so nothing else needs to know; they change over one day, the new way first,
 * so that the VIP is never unbound in between.
 */
export class Rebinding {
  readonly #handle: KernelHandle;
  readonly #wanted: VipBinding;
  #left: Set<Address> = new Set();

  constructor(handle: KernelHandle, wanted: VipBinding) {
    this.#handle = handle;
    this.#wanted = wanted;
  }

  /** How many are known of. */
  get size(): number {
    return this.#left.size;
  }

  /** What the kernel has; addresses that are not guarded may be another program's. */
  saw(records: readonly AddressRecord[], guarded: ReadonlySet<Address>): void {
    const isOther = ({ isRoute }: AddressRecord) => isRoute !== (this.#wanted === 'routes');
    this.#left = new Set(
      records.flatMap((record) => (isOther(record) && guarded.has(record.address) ? [record.address] : [])),
    );
  }

  /** It is unbound in both ways. */
  unbound(address: Address): void {
    this.#left.delete(address);
  }

  /** Binds them as is wanted; they stay bound in the other way too. */
  async bind(): Promise<void> {
    for (const batch of batches([...this.#left])) {
      const codes = await this.#apply(batch.map((address) => bindRecord(address, this.#wanted)));
      batch.forEach((address, index) => {
        if (!BOUND.has(codes[index])) this.#left.delete(address);
      });
    }
  }

  /** Makes the change; of how many VIPs. What the kernel refuses is found again by a later look. */
  async finish(): Promise<number> {
    if (this.#left.size === 0) return 0;
    await this.bind();
    const bound = [...this.#left];
    for (const batch of batches(bound))
      await this.#apply(batch.map((address) => unbindRecord(address, OTHER[this.#wanted])));
    this.#left.clear();
    return bound.length;
  }

  async #apply(records: readonly KernelOperation[]): Promise<ArrayLike<number>> {
    const { buffer, count } = encodeOperations(records);
    return (await this.#handle.apply(buffer, count)).codes;
  }
}

function* batches(addresses: readonly Address[]): Generator<readonly Address[]> {
  for (let start = 0; start < addresses.length; start += OPERATIONS_PER_JOB)
    yield addresses.slice(start, start + OPERATIONS_PER_JOB);
}
