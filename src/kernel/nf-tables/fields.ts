import type { Family } from '../../model/address.js';
import { type Encoded, number32 } from './attributes.js';
import type { Field, HeaderField } from './rule-values.js';

/**
 * What each field of a packet is to nf_tables: its key (include/uapi/linux/netfilter/nf_tables.h), and its length in
 * bytes.
 */
export const META_KEYS = {
  priority: { key: 2, length: 4 },
  mark: { key: 3, length: 4 },
  iifname: { key: 6, length: 16 },
  nfproto: { key: 15, length: 1 },
  l4proto: { key: 16, length: 1 },
} as const;

/** IP_CT_DIR_ORIGINAL and IP_CT_DIR_REPLY */
export const DIRECTIONS = { original: 0, reply: 1 } as const;

export const CONNTRACK_KEYS = {
  state: { key: 0, length: 4 },
  direction: { key: 1, length: 1 },
  status: { key: 2, length: 4 },
  'original proto-dst': { key: 12, length: 2, of: 'original' },
  'original ip daddr': { key: 20, length: 4, of: 'original' },
  'original ip6 daddr': { key: 22, length: 16, of: 'original' },
  'reply proto-src': { key: 11, length: 2, of: 'reply' },
  'reply ip saddr': { key: 19, length: 4, of: 'reply' },
  'reply ip6 saddr': { key: 21, length: 16, of: 'reply' },
} as const satisfies Record<string, { key: number; length: number; of?: keyof typeof DIRECTIONS }>;

/** NFT_SOCKET_TRANSPARENT */
export const SOCKET_KEYS = { transparent: { key: 0, length: 1 } } as const;

const HEADERS = { 'network header': 1, 'transport header': 2 } as const;

export function placeOf({ from, offset, length }: HeaderField): Encoded[] {
  return [number32(2, HEADERS[from]), number32(3, offset), number32(4, length)];
}

export function familyOf(field: Field): Family | undefined {
  return isHeader(field) ? field.family : undefined;
}

export function lengthOf(field: Field): number {
  switch (field.from) {
    case 'meta':
      return META_KEYS[field.key].length;
    case 'conntrack':
      return CONNTRACK_KEYS[field.key].length;
    case 'socket':
      return SOCKET_KEYS[field.key].length;
    default:
      return field.length;
  }
}

function isHeader(field: Field): field is HeaderField {
  return field.from === 'network header' || field.from === 'transport header';
}
