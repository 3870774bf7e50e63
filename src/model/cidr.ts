import type { Address, Family } from './address.js';

/** A range of addresses, `192.0.2.0/24`, with every bit behind the prefix zero. */
export interface Cidr {
  /** Canonical, and so its identity. */
  readonly text: string;
  readonly family: Family;
  /** The first address of the range. */
  readonly address: Address;
  /** Bits that all its addresses share: 0–32 or 0–128. */
  readonly length: number;
}
