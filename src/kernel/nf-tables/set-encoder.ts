import { addressBytes } from '../../model/address.js';
import { type Cidr, lastBytes, withoutContained } from '../../model/cidr.js';
import {
  attribute,
  data,
  type Encoded,
  encoded,
  encodedText,
  hostOrder32,
  joined,
  LIST_ELEMENT,
  nested,
  number32,
  padded,
  text,
} from './attributes.js';
import { ANONYMOUS_SET } from './rule-encoder.js';
import type { ConstantSet, DataType, SetDeclaration, SetElement } from './rule-values.js';

/**
 * nft's data types (enum datatypes, nftables/include/datatype.h). The kernel keeps their numbers without a look at
 * them; nft reads them when it shows a set.
 */
const DATA_TYPES: Readonly<Record<DataType, { readonly number: number; readonly length: number }>> = {
  nf_proto: { number: 2, length: 1 },
  ipv4_addr: { number: 7, length: 4 },
  ipv6_addr: { number: 8, length: 16 },
  inet_proto: { number: 12, length: 1 },
  inet_service: { number: 13, length: 2 },
  mark: { number: 19, length: 4 },
};
/** The numbers of a concatenation's types are one number, of so many bits for each. */
const BITS_PER_TYPE = 6;

/** NFT_SET_* */
const FLAGS = {
  anonymous: 0x1,
  constant: 0x2,
  interval: 0x4,
  map: 0x8,
  timeout: 0x10,
  evaluated: 0x20,
  concatenation: 0x80,
} as const;
/** NFT_SET_ELEM_INTERVAL_END */
const INTERVAL_END = 1;

/** What follows table in NFT_MSG_NEWSET. */
export function encodeSet(set: SetDeclaration, id: number): Encoded {
  const { name, key, value } = set;
  const flags = flagsOf(set);
  return joined([
    text(2, name),
    ...(flags === 0 ? [] : [number32(3, flags)]),
    number32(4, typeNumber(key)),
    number32(5, keyLength(key)),
    ...(value === undefined
      ? []
      : [number32(6, DATA_TYPES[value].number), number32(7, DATA_TYPES[value].length)]),
    nested(9, ...description(set)),
    number32(10, id),
    attribute(13, userdata(set)),
  ]);
}

function flagsOf({ key, value, ranges = false, remembers = false }: SetDeclaration): number {
  const isRanges = ranges ? FLAGS.interval | (key.length > 1 ? FLAGS.concatenation : 0) : 0;
  const isRemembering = remembers ? FLAGS.timeout | FLAGS.evaluated : 0;
  return isRanges | isRemembering | (value === undefined ? 0 : FLAGS.map);
}

/** The same for a set of one rule. */
export function encodeConstantSet(set: ConstantSet, id: number): Encoded {
  const type = typeOfConstant(set);
  const interval = 'ranges' in set ? FLAGS.interval : 0;
  return joined([
    text(2, ANONYMOUS_SET),
    number32(3, FLAGS.anonymous | FLAGS.constant | interval),
    number32(4, DATA_TYPES[type].number),
    number32(5, keyLength([type])),
    nested(9, number32(1, constantElements(set).length)),
    number32(10, id),
    attribute(13, userdata({ name: '', key: [type] })),
  ]);
}

/** What follows table in NFT_MSG_NEWSETELEM. */
export function encodeElements(set: string, elements: readonly SetElement[]): Encoded {
  const list = elements.map(({ key, comment }) =>
    nested(
      LIST_ELEMENT,
      nested(1, data(key)),
      ...(comment === undefined ? [] : [attribute(6, commentData(comment))]),
    ),
  );
  return joined([text(2, set), nested(3, ...list)]);
}

export function encodeConstantElements(set: ConstantSet, id: number): Encoded {
  const list = constantElements(set).map(({ key, role }) =>
    nested(LIST_ELEMENT, nested(1, data(key)), ...(role === undefined ? [] : [ROLES[role]])),
  );
  return joined([text(2, ANONYMOUS_SET), nested(3, ...list), number32(4, id)]);
}

interface ConstantElement {
  readonly key: Uint8Array;
  /** end: the first address behind a range. open: where a range begins that goes on to the last address there is. */
  readonly role?: keyof typeof ROLES;
}

/** NFTA_SET_ELEM_FLAGS; and nft's own note to itself (SET_ELEM_F_INTERVAL_OPEN), as userdata. */
const ROLES = {
  end: number32(3, INTERVAL_END),
  open: attribute(6, entry(1, encoded(hostOrder32(1)))),
} as const;

function constantElements(set: ConstantSet): ConstantElement[] {
  if ('elements' in set) return set.elements.map((key) => ({ key }));
  return boundaries(set.ranges);
}

// As nft writes it: with an end at the very first address where no range begins, and none between ranges that touch.
function boundaries(ranges: readonly Cidr[]): ConstantElement[] {
  const spans = merged(ranges);
  const zero = spans[0]?.start.map(() => 0) ?? new Uint8Array(0);
  const gap: ConstantElement[] = isSame(zero, spans[0]?.start) ? [] : [{ key: zero, role: 'end' }];
  return [...gap, ...spans.flatMap(edges)];
}

function edges({ start, behind }: Span): ConstantElement[] {
  return behind === undefined
    ? [{ key: start, role: 'open' }]
    : [{ key: start }, { key: behind, role: 'end' }];
}

interface Span {
  readonly start: Uint8Array;
  /** Undefined: it ends with the last address of the family. */
  readonly behind: Uint8Array | undefined;
}

// In order; ranges that touch are one.
function merged(ranges: readonly Cidr[]): Span[] {
  const spans = withoutContained(ranges)
    .map((range): Span => ({ start: addressBytes(range.address), behind: nextAddress(lastBytes(range)) }))
    .sort((a, b) => Buffer.compare(a.start, b.start));
  const found: Span[] = [];
  for (const span of spans) {
    const before = found.at(-1);
    if (before === undefined || !isSame(before.behind, span.start)) found.push(span);
    else found[found.length - 1] = { start: before.start, behind: span.behind };
  }
  return found;
}

function isSame(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  return one !== undefined && other !== undefined && Buffer.compare(one, other) === 0;
}

// Undefined after the last address of the family.
function nextAddress(address: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  const next = new Uint8Array(address);
  for (let index = next.length - 1; index >= 0; index--) {
    next[index] = (next[index] ?? 0) + 1;
    if (next[index] !== 0) return next;
  }
  return undefined;
}

function typeOfConstant(set: ConstantSet): DataType {
  if ('type' in set) return set.type;
  return set.ranges[0]?.family === 'IPv6' ? 'ipv6_addr' : 'ipv4_addr';
}

function typeNumber(key: readonly DataType[]): number {
  return key.reduce((number, part) => (number << BITS_PER_TYPE) | DATA_TYPES[part].number, 0);
}

// Only the parts of a concatenation are padded.
function keyLength(key: readonly DataType[]): number {
  const [only] = key;
  if (key.length === 1 && only !== undefined) return DATA_TYPES[only].length;
  return key.reduce((sum, part) => sum + padded(DATA_TYPES[part].length), 0);
}

// The kernel needs to know where the parts of a key begin only where one of them is a range.
function description({ key, ranges = false, size }: SetDeclaration): Encoded[] {
  const parts = key.map((part) => nested(LIST_ELEMENT, number32(1, DATA_TYPES[part].length)));
  return [
    ...(size === undefined ? [] : [number32(1, size)]),
    ...(ranges && key.length > 1 ? [nested(2, ...parts)] : []),
  ];
}

/**
 * Userdata is nft's own: the kernel keeps it, and nft shows elements by it. A list of {type, length, value}
 * (enum nftnl_udata_set_types, libnftnl/include/libnftnl/udata.h).
 */
function userdata({ key, value }: SetDeclaration): Encoded {
  return joined([
    entry(0, encoded(hostOrder32(byteOrder(key)))),
    ...(value === undefined ? [] : [entry(1, encoded(hostOrder32(HOST_ORDER)))]),
  ]);
}

const HOST_ORDER = 1;
const NETWORK_ORDER = 2;

function byteOrder(key: readonly DataType[]): number {
  const [part] = key;
  if (key.length > 1) return 0;
  return part === 'mark' ? HOST_ORDER : NETWORK_ORDER;
}

/** NFTNL_UDATA_SET_ELEM_COMMENT */
function commentData(comment: string): Encoded {
  return entry(0, encodedText(comment));
}

function entry(type: number, value: Encoded): Encoded {
  return `${String.fromCharCode(type, value.length)}${value}` as Encoded;
}
