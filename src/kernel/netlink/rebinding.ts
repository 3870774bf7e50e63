import type { Address } from '../../model/address.js';
import type { VipBinding } from '../../model/vip-binding.js';
import type { KernelHandle } from '../native/addon.js';
import { encodeOperations } from '../native/operation-encoder.js';
import type { AddressRecord, KernelOperation } from '../native/records.js';
import { ANSWERS_PER_JOB, bindRecord, unbindRecord } from './netlink-operations.js';

/**
 * VIPs that lose their old binding at one time: the kernel takes up to 4 ms for an IPv6 address among 10,000, and no
 * Service changes meanwhile. Those that have both wait without harm.
 */
const AT_ONCE = 512;

/** Codes of a record that left the VIP bound: done, and −EEXIST. */
const BOUND: ReadonlySet<number | undefined> = new Set([0, -17]);

const OTHER = { addresses: 'routes', routes: 'addresses' } as const satisfies Record<VipBinding, VipBinding>;

/**
 * VIPs of ours that are bound in the other way than is wanted: from before the setting was changed, or taken over from
 * kube-proxy. A VIP is bound either way, so nothing else needs to know; they change over by and by, the new way
 * first, so that the VIP is never unbound in between.
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

  /** Whether it is bound in the other way. */
  concerns({ isRoute }: Pick<AddressRecord, 'isRoute'>): boolean {
    return isRoute !== (this.#wanted === 'routes');
  }

  /** What the kernel has bound in the other way; addresses that are not guarded may be another program's. */
  saw(boundOtherwise: readonly Address[], guarded: ReadonlySet<Address>): void {
    this.#left = new Set();
    for (const address of boundOtherwise) if (guarded.has(address)) this.#left.add(address);
  }

  /** It is unbound in both ways. */
  unbound(address: Address): void {
    this.#left.delete(address);
  }

  /** Binds them as is wanted; they stay bound in the other way too. */
  async bindAll(): Promise<void> {
    for (const batch of batches([...this.#left])) await this.#bind(batch);
  }

  // Those that are bound now. The others keep what they have.
  async #bind(addresses: readonly Address[]): Promise<readonly Address[]> {
    if (addresses.length === 0) return [];
    const codes = await this.#apply(addresses.map((address) => bindRecord(address, this.#wanted)));
    for (const [index, address] of addresses.entries())
      if (!BOUND.has(codes[index])) this.#left.delete(address);
    return addresses.filter((address) => this.#left.has(address));
  }

  /** Makes the change for some of them; of how many. What the kernel refuses is found again by a later look. */
  async finishSome(): Promise<number> {
    const some = await this.#bind([...this.#left].slice(0, AT_ONCE));
    if (some.length > 0) await this.#apply(some.map((address) => unbindRecord(address, OTHER[this.#wanted])));
    for (const address of some) this.#left.delete(address);
    return some.length;
  }

  async #apply(records: readonly KernelOperation[]): Promise<ArrayLike<number>> {
    const { buffer, count } = encodeOperations(records);
    return (await this.#handle.apply(buffer, count)).codes;
  }
}

function* batches(addresses: readonly Address[]): Generator<readonly Address[]> {
  for (let start = 0; start < addresses.length; start += ANSWERS_PER_JOB)
    yield addresses.slice(start, start + ANSWERS_PER_JOB);
}
