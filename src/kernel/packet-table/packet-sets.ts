import {
  type Address,
  addressBytes,
  FAMILIES,
  type Family,
  familyOf,
  writeAddress,
} from '../../model/address.js';
import type { Cidr } from '../../model/cidr.js';
import { type Frontend, isInside } from '../../model/frontend.js';
import type { PolicyOperation } from '../../model/operation.js';
import { PROTOCOLS, type Protocol } from '../../model/protocol.js';
import { PROTOCOL_NUMBERS } from '../native/records.js';
import type { DataType, SetDeclaration } from '../nf-tables/rule-values.js';

/**
 * The sets of our table: one for each purpose and family. Those that are asked for an established connection's original
 * destination come once for each protocol too: nft does not take `ct original` fields of several in one concatenation.
 */
export type PacketSet =
  | { readonly purpose: AddressPurpose | FrontendPurpose; readonly family: Family }
  | { readonly purpose: FlowPurpose; readonly family: Family; readonly protocol: Protocol };

/** Elements are addresses. */
const ADDRESS_PURPOSES = ['guarded'] as const;
/**
 * Elements are frontends. `inside` and `owned-inside` map them to firewall marks: what is open for clients inside the
 * cluster, and the ledger of the virtual servers behind the marks. `sources` goes on with a range of client addresses.
 */
const FRONTEND_PURPOSES = [
  'open',
  'refused',
  'dropped',
  'restricted',
  'node-local',
  'sources',
  'inside',
  'owned-inside',
] as const;
/** Elements are frontends of one protocol. */
const FLOW_PURPOSES = ['owned', 'masqueraded', 'source-kept'] as const;

type AddressPurpose = (typeof ADDRESS_PURPOSES)[number];
export type FrontendPurpose = (typeof FRONTEND_PURPOSES)[number];
export type FlowPurpose = (typeof FLOW_PURPOSES)[number];

export const PACKET_SETS: readonly PacketSet[] = FAMILIES.flatMap((family) => [
  ...[...ADDRESS_PURPOSES, ...FRONTEND_PURPOSES].map((purpose) => ({ purpose, family })),
  ...FLOW_PURPOSES.flatMap((purpose) => PROTOCOLS.map((protocol) => ({ purpose, family, protocol }))),
]);

/** `owned-tcp-4`: the longest name is far below the kernel's 255 (NFT_SET_MAXNAMELEN). */
export function setName(set: PacketSet): string {
  const digit = set.family === 'IPv4' ? '4' : '6';
  const protocol = 'protocol' in set ? `${set.protocol.toLowerCase()}-` : '';
  return `${set.purpose}-${protocol}${digit}`;
}

function isMarkMap({ purpose }: PacketSet): boolean {
  return purpose === 'inside' || purpose === 'owned-inside';
}

const SET_INDEX: ReadonlyMap<string, number> = new Map(
  PACKET_SETS.map((set, index) => [setName(set), index]),
);

/** For each family the index of each set, so that no operation has to spell a name. */
const INDEXES = {
  IPv4: indexesOf('IPv4'),
  IPv6: indexesOf('IPv6'),
} as const satisfies Record<Family, unknown>;

function indexesOf(family: Family) {
  const index = (set: PacketSet) => SET_INDEX.get(setName(set)) ?? -1;
  const plain = (purpose: AddressPurpose | FrontendPurpose) => index({ purpose, family });
  const flows = (purpose: FlowPurpose) => rows(PROTOCOLS, (protocol) => index({ purpose, family, protocol }));
  return {
    addresses: rows(ADDRESS_PURPOSES, plain),
    frontends: rows(FRONTEND_PURPOSES, plain),
    flows: rows(FLOW_PURPOSES, flows),
  };
}

function rows<K extends string, V>(keys: readonly K[], value: (key: K) => V): Record<K, V> {
  return Object.fromEntries(keys.map((key) => [key, value(key)])) as Record<K, V>;
}

/** An element of one of our sets: where it lives, and its key and value as nf_tables lays them out. */
export interface PacketElement {
  /** Index into PACKET_SETS. */
  readonly set: number;
  readonly key: Uint8Array;
  /** The value, where the set is a map. */
  readonly mark?: number;
  /** Where the set holds ranges: how many bits at the end of the key may have any value. */
  readonly freeBits?: number;
}

/** An operation on an element that stands for a frontend. */
type FrontendOperation = Exclude<PolicyOperation, { address: Address }>;

/**
 * The set of an operation whose element is a VIP or a frontend and nothing else, so that its text says all of it;
 * undefined where it has a value or a range too.
 */
export function plainSetOf(operation: PolicyOperation): number | undefined {
  if ('address' in operation) return INDEXES[familyOf(operation.address)].addresses.guarded;
  const { frontend } = operation;
  const { frontends, flows } = INDEXES[familyOf(frontend.address)];
  switch (operation.kind) {
    case 'own-frontend':
    case 'disown-frontend':
      return isInside(frontend) ? undefined : flows.owned[frontend.protocol];
    case 'open-frontend':
    case 'close-frontend':
      return isInside(frontend) ? undefined : frontends.open;
    case 'enter-set':
    case 'leave-set': {
      const { set } = operation;
      return set === 'masqueraded' || set === 'source-kept' ? flows[set][frontend.protocol] : frontends[set];
    }
    default:
      return undefined;
  }
}

/** Of how many parts the keys of each set are. */
export const PARTS: readonly number[] = PACKET_SETS.map((set) => keyType(set).length);

/** What any other operation writes or takes away. */
export function elementOf(operation: FrontendOperation): PacketElement {
  const { kind, frontend } = operation;
  if ('source' in operation) return sourceElement(frontend, operation.source);
  return markElement(
    kind === 'own-frontend' || kind === 'disown-frontend' ? 'owned-inside' : 'inside',
    frontend,
  );
}

/** The element beside `guarded` by which no ARP request for the VIP is answered; undefined for IPv6. */
export function arpElementOf(operation: PolicyOperation): Uint8Array | undefined {
  const isGuard = operation.kind === 'guard-vip' || operation.kind === 'release-vip';
  if (!isGuard || familyOf(operation.address) === 'IPv6') return undefined;
  return addressBytes(operation.address);
}

function markElement(purpose: 'inside' | 'owned-inside', frontend: Frontend): PacketElement {
  const family = familyOf(frontend.address);
  const key = new Uint8Array(frontendKeySize(family));
  writeFrontend(frontend, key);
  return { set: INDEXES[family].frontends[purpose], key, mark: frontend.mark };
}

function sourceElement(frontend: Frontend, { address, prefix }: Cidr): PacketElement {
  const family = familyOf(frontend.address);
  const start = frontendKeySize(family);
  const key = new Uint8Array(start + addressSize(family));
  writeFrontend(frontend, key);
  writeAddress(address, key, start);
  return { set: INDEXES[family].frontends.sources, key, freeBits: addressSize(family) * 8 - prefix };
}

// nf_tables pads every field of a concatenation to 4 bytes; ports are in network order.
const FIELD_SIZE = 4;

function frontendKeySize(family: Family): number {
  return addressSize(family) + 2 * FIELD_SIZE;
}

function writeFrontend({ address, port, protocol }: Frontend, key: Uint8Array): void {
  const size = writeAddress(address, key, 0);
  key[size] = PROTOCOL_NUMBERS[protocol];
  writePort(port, key, size + FIELD_SIZE);
}

function writePort(port: number, key: Uint8Array, offset: number): void {
  key[offset] = port >> 8;
  key[offset + 1] = port & 0xff;
}

function addressSize(family: Family): number {
  return family === 'IPv4' ? 4 : 16;
}

/** For spellSets(): all sets, in the order of PACKET_SETS. */
export const SET_LAYOUTS: Uint8Array = Uint8Array.from(
  PACKET_SETS.flatMap((set, index) => [
    index,
    keyType(set).length,
    'protocol' in set ? PROTOCOL_NUMBERS[set.protocol] : 0,
  ]),
);

/** `map inside-4 { type ipv4_addr . inet_proto . inet_service : mark; }` */
export function setDeclaration(set: PacketSet): SetDeclaration {
  return {
    name: setName(set),
    key: keyType(set),
    ...(isMarkMap(set) ? { value: 'mark' } : {}),
    ...(set.purpose === 'sources' ? { ranges: true } : {}),
  };
}

function keyType(set: PacketSet): DataType[] {
  const address = set.family === 'IPv4' ? 'ipv4_addr' : 'ipv6_addr';
  if ('protocol' in set) return [address, 'inet_service'];
  switch (set.purpose) {
    case 'guarded':
      return [address];
    case 'sources':
      return [address, 'inet_proto', 'inet_service', address];
    default:
      return [address, 'inet_proto', 'inet_service'];
  }
}
