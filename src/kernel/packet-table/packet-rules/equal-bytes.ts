import type { Family } from '../../../model/address.js';
import type { HeaderField, SetDeclaration, SetElement, Statement } from '../../nf-tables/rule-values.js';
import { destinationAddress, sourceAddress } from './rule-words.js';

/**
 * A set that holds every byte once, paired with itself. nft compares a field of a packet with constants only, and with
 * another field not before Linux 6.13; but it can ask whether two bytes are one of these pairs, and two addresses are
 * the same where all of their bytes are. It never changes, whatever endpoints there are.
 */
export const EQUAL_BYTES_SET = 'equal-bytes';

/** Every byte beside itself, each padded to 4. */
export const EQUAL_PAIRS: readonly SetElement[] = Array.from({ length: 256 }, (_, byte) => ({
  key: Uint8Array.of(byte, 0, 0, 0, byte, 0, 0, 0),
}));

/**
 * nf_proto stands for any byte: a type that every nft can show. Bytes of a header have no type that has a length, and
 * nft 0.9.8 (Debian 11) ends with a failed assertion where elements of those stand side by side
 * (concat_expr_msort_value). The size makes the kernel choose a hash table that does not grow, whose lookups are
 * cheaper; it is twice what is in it, since a flushed set counts until the transaction ends.
 */
export const EQUAL_BYTES: SetDeclaration = {
  name: EQUAL_BYTES_SET,
  key: ['nf_proto', 'nf_proto'],
  size: 2 * EQUAL_PAIRS.length,
};

/**
 * Matches what is sent from an address to itself. The last byte comes first: pods of one node hardly differ in the
 * others, so that one lookup is enough for nearly every other packet.
 */
export function sentToItself(family: Family): Statement[] {
  const source = sourceAddress(family);
  const destination = destinationAddress(family);
  return Array.from({ length: source.length }, (_, index) => source.length - 1 - index).map((byte) => ({
    kind: 'lookup',
    fields: [byteAt(source.offset + byte), byteAt(destination.offset + byte)],
    set: EQUAL_BYTES_SET,
  }));
}

/** `@nh,96,8` for 12. */
function byteAt(offset: number): HeaderField {
  return { from: 'network header', offset, length: 1 };
}

/** Whether the set holds what it should; `elements` as nf_tables lays them out, every byte padded to 4. */
export function areEqualBytes(elements: readonly { readonly element: Uint8Array }[]): boolean {
  return elements.length === EQUAL_PAIRS.length && elements.every(({ element }) => element[0] === element[4]);
}
