import type { HeaderField, Rule, Statement } from '../../nf-tables/rule-values.js';
import { asksFor } from './rule-words.js';

/** RFC 791, in bytes. */
const TOTAL_LENGTH: HeaderField = { from: 'network header', offset: 2, length: 2, family: 'IPv4' };
const IDENTIFICATION: HeaderField = { from: 'network header', offset: 4, length: 2, family: 'IPv4' };
const FRAGMENT: HeaderField = { from: 'network header', offset: 6, length: 2, family: 'IPv4' };
const CHECKSUM_AT = 10;

const ZERO = new Uint8Array(2);
/** 1,024 bytes and more: what is shorter fits every way to a pod. */
const IS_LONG: Statement = {
  kind: 'compare',
  field: TOTAL_LENGTH,
  mask: Uint8Array.of(0xfc, 0),
  value: ZERO,
  unlike: true,
};
const DONT_FRAGMENT: Statement = { kind: 'compare', field: FRAGMENT, value: Uint8Array.of(0x40, 0) };
/** Fragments of two packets without a number would be put together as one. */
const IS_NUMBERED: Statement = { kind: 'compare', field: IDENTIFICATION, value: ZERO, unlike: true };
const ALLOW_FRAGMENTS: Statement = { kind: 'write', to: FRAGMENT, value: ZERO, checksumAt: CHECKSUM_AT };

// A VIP is a local address, so a socket of the node takes the MTU of `lo` for its path, and IPVS drops what is larger
// than that of the way to the pod. Without the flag the node sends it there in fragments. IPv6 has no such flag, and
// IPVS no other way. On Linux 7.2.13 nftables passes over this write in silence.
export function allowFragmentsRules(): Rule[] {
  return (['owned', 'source-kept'] as const).map((purpose) => [
    ...asksFor('IPv4', 'UDP', purpose),
    IS_LONG,
    DONT_FRAGMENT,
    IS_NUMBERED,
    ALLOW_FRAGMENTS,
  ]);
}
