import type { Family } from '../model/address.js';

/**
 * A set that holds every byte once, paired with itself. nft compares a field of a packet with constants only, and with another
 * field not before Linux 6.13; but it can ask whether two bytes are one of these pairs, and two addresses are the same where all
 * of their bytes are. It never changes, whatever endpoints there are.
 */
export const EQUAL_BYTES_SET = 'equal-bytes';

const PAIRS: readonly string[] = Array.from({ length: 256 }, (_, byte) => `${byte} . ${byte}`);

/**
 * Within `table { … }`. The type is that of any two bytes of a network header. The size makes the kernel choose a hash table that
 * does not grow, whose lookups are cheaper; it is twice what is in it, since a flushed set counts until the transaction ends.
 */
export const EQUAL_BYTES_DECLARATION = `set ${EQUAL_BYTES_SET} { typeof @nh,0,8 . @nh,8,8; size ${2 * PAIRS.length}; }`;

export function fillEqualBytes(table: string): string {
  return `add element inet ${table} ${EQUAL_BYTES_SET} { ${PAIRS.join(', ')} }`;
}

/** Where the addresses are in the network header, in bytes (RFC 791, RFC 8200). */
const ADDRESSES = {
  IPv4: { source: 12, destination: 16, length: 4 },
  IPv6: { source: 8, destination: 24, length: 16 },
} as const satisfies Record<Family, unknown>;

/**
 * Matches what is sent from an address to itself. The last byte comes first: pods of one node hardly differ in the others, so that
 * nearly every other packet is told by one lookup.
 */
export function sentToItself(family: Family): string {
  const { source, destination, length } = ADDRESSES[family];
  return Array.from({ length }, (_, index) => length - 1 - index)
    .map((offset) => `${byteAt(source + offset)} . ${byteAt(destination + offset)} @${EQUAL_BYTES_SET}`)
    .join(' ');
}

function byteAt(offset: number): string {
  return `@nh,${8 * offset},8`;
}

/** Whether the set holds what it should; `elements` as nf_tables lays them out, every byte padded to 4. */
export function areEqualBytes(elements: readonly { readonly element: Uint8Array }[]): boolean {
  return elements.length === PAIRS.length && elements.every(({ element }) => element[0] === element[4]);
}
