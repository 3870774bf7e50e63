import { addressBytes, FAMILIES, type Family } from '../../../model/address.js';
import { parsedCidrs } from '../../../model/cidr.js';
import { PROTOCOLS, type Protocol } from '../../../model/protocol.js';
import { PROTOCOL_NUMBERS } from '../../native/records.js';
import { hostOrder32 } from '../../nf-tables/attributes.js';
import type { ConstantSet, Field, HeaderField, Statement, Value } from '../../nf-tables/rule-values.js';
import type { PacketRulesSettings } from '../packet-rules-settings.js';
import { type PacketSet, setName } from '../packet-sets.js';

/** Where the addresses are in the network header (RFC 791, RFC 8200), in bytes. */
const SOURCE = { IPv4: 12, IPv6: 8 } as const satisfies Record<Family, number>;
const DESTINATION = { IPv4: 16, IPv6: 24 } as const satisfies Record<Family, number>;
const LENGTH = { IPv4: 4, IPv6: 16 } as const satisfies Record<Family, number>;

/** `ip saddr`, `ip6 saddr` */
export function sourceAddress(family: Family): HeaderField {
  return { from: 'network header', offset: SOURCE[family], length: LENGTH[family], family };
}

/** `ip daddr`, `ip6 daddr` */
export function destinationAddress(family: Family): HeaderField {
  return { from: 'network header', offset: DESTINATION[family], length: LENGTH[family], family };
}

/** `meta l4proto` */
const PROTOCOL: Field = { from: 'meta', key: 'l4proto' };
/** `th sport` */
export const sourcePort: HeaderField = { from: 'transport header', offset: 0, length: 2 };
/** `th dport` */
export const destinationPort: Field = { from: 'transport header', offset: 2, length: 2 };

/** What a packet asks for, as the sets of frontends have it: `ip daddr . meta l4proto . th dport`. */
export function place(family: Family): Field[] {
  return [destinationAddress(family), PROTOCOL, destinationPort];
}

/** What a packet answers for, if it is an answer: `ip saddr . meta l4proto . th sport`. */
export function answeredPlace(family: Family): Field[] {
  return [sourceAddress(family), PROTOCOL, sourcePort];
}

/** `meta l4proto tcp`, `meta l4proto { udp, sctp }` */
export function protocolIs(...protocols: readonly Protocol[]): Statement {
  const numbers = protocols.map((protocol) => Uint8Array.of(PROTOCOL_NUMBERS[protocol]));
  const [only] = numbers;
  if (numbers.length === 1 && only !== undefined) return { kind: 'compare', field: PROTOCOL, value: only };
  return { kind: 'lookup', fields: [PROTOCOL], set: { type: 'inet_proto', elements: numbers } };
}

/** `ct original ip daddr` */
export function originalDestination(family: Family): Field {
  return { from: 'conntrack', key: family === 'IPv4' ? 'original ip daddr' : 'original ip6 daddr' };
}

type FlowPurpose = Extract<PacketSet, { protocol: Protocol }>['purpose'];

/**
 * What a connection asked for before IPVS chose a server, in a set of one protocol:
 * `meta l4proto tcp ct original ip daddr . ct original proto-dst @set`.
 */
export function askedFor(family: Family, protocol: Protocol, purpose: FlowPurpose): Statement[] {
  const fields: Field[] = [originalDestination(family), { from: 'conntrack', key: 'original proto-dst' }];
  return [protocolIs(protocol), isIn(fields, setName({ purpose, family, protocol }))];
}

/** The same of a packet that IPVS has not rewritten yet: `meta l4proto tcp ip daddr . th dport @set`. */
export function asksFor(family: Family, protocol: Protocol, purpose: FlowPurpose): Statement[] {
  const fields = [destinationAddress(family), destinationPort];
  return [protocolIs(protocol), isIn(fields, setName({ purpose, family, protocol }))];
}

/** `ct state new,untracked`: the first packet of a connection, or one that conntrack knows nothing of. */
export const IS_NEW: Statement = {
  kind: 'any-bit',
  field: { from: 'conntrack', key: 'state' },
  // NF_CT_STATE_BIT(IP_CT_NEW) and NF_CT_STATE_UNTRACKED_BIT, include/uapi/linux/netfilter/nf_conntrack_common.h
  bits: 0x8 | 0x40,
};

/** `ct state invalid` */
export const IS_INVALID: Statement = {
  kind: 'any-bit',
  field: { from: 'conntrack', key: 'state' },
  // NF_CT_STATE_INVALID_BIT, as above
  bits: 0x1,
};

/**
 * `socket transparent 0`; where no socket of this machine waits for the packet, neither this nor its opposite is true.
 */
export function socketIsTransparent(is: boolean): Statement {
  const value = Uint8Array.of(is ? 1 : 0);
  return { kind: 'compare', field: { from: 'socket', key: 'transparent' }, value };
}

/** `ct direction reply` */
export const IS_REPLY: Statement = {
  kind: 'compare',
  field: { from: 'conntrack', key: 'direction' },
  value: Uint8Array.of(1),
};

/** `ct status & dnat == 0`: conntrack sends the connection where the client wanted it to go. */
export const KEEPS_DESTINATION: Statement = {
  kind: 'compare',
  field: { from: 'conntrack', key: 'status' },
  // IPS_DST_NAT, as above
  mask: hostOrder32(0x20),
  value: hostOrder32(0),
};

/** None of these bits: `th sport & 0xfc00 == 0` */
export function sourcePortLacks(bits: number): Statement {
  const mask = Uint8Array.of(bits >> 8, bits & 0xff);
  return { kind: 'compare', field: sourcePort, value: new Uint8Array(2), mask };
}

/** `ip daddr . th dport @owned-tcp-4`, behind `meta l4proto tcp` */
export function goesToOwned(family: Family, protocol: Protocol): Statement[] {
  const fields: Field[] = [destinationAddress(family), destinationPort];
  return [protocolIs(protocol), isIn(fields, setName({ purpose: 'owned', family, protocol }))];
}

/**
 * `ip saddr . th sport @owned-tcp-4`, behind `meta l4proto tcp`; with `ct original … != @owned-tcp-4`: asked for
 * something else.
 */
export function comesFromOwned(family: Family, protocol: Protocol): Statement[] {
  const set = setName({ purpose: 'owned', family, protocol });
  return [
    protocolIs(protocol),
    isIn([sourceAddress(family), sourcePort], set),
    isNotIn([originalDestination(family), { from: 'conntrack', key: 'original proto-dst' }], set),
  ];
}

/** `ip daddr @set` */
export function isIn(fields: readonly Field[], set: string): Statement {
  return { kind: 'lookup', fields, set };
}

/** `ip daddr != @set` */
export function isNotIn(fields: readonly Field[], set: string): Statement {
  return { kind: 'lookup', fields, set, absent: true };
}

/** The name of a set that holds every protocol. */
export function setOf(
  purpose: Exclude<PacketSet, { protocol: Protocol }>['purpose'],
  family: Family,
): string {
  return setName({ purpose, family });
}

/** `ip saddr { 10.0.0.0/8, … }`; undefined where there is no range of the family among those of both. */
export function isWithin(
  field: (family: Family) => HeaderField,
  family: Family,
  cidrs: readonly string[],
  { unlike = false } = {},
): Statement | undefined {
  const ranges = parsedCidrs(cidrs).filter((cidr) => cidr.family === family);
  const [only] = ranges;
  if (only === undefined) return undefined;
  if (ranges.length === 1) return hasPrefix(field(family), addressBytes(only.address), only.prefix, unlike);
  const set: ConstantSet = { ranges };
  return { kind: 'lookup', fields: [field(family)], set, ...(unlike ? { absent: true } : {}) };
}

// Whole bytes are loaded and compared, as nft does it; only what is left needs a mask.
function hasPrefix(field: HeaderField, address: Uint8Array, prefix: number, unlike: boolean): Statement {
  const base = { kind: 'compare', ...(unlike ? { unlike } : {}) } as const;
  if (prefix % 8 === 0 && prefix > 0) {
    const length = prefix / 8;
    return { ...base, field: { ...field, length }, value: address.subarray(0, length) };
  }
  const mask = address.map((_, index) => 0xff00 >> Math.min(Math.max(prefix - 8 * index, 0), 8));
  return { ...base, field, value: address, mask };
}

/** The longest name of an interface, with its NUL (IFNAMSIZ). */
const INTERFACE_NAME_SIZE = 16;

/**
 * `iifname "cni0"`, `iifname "veth*"` for every name that begins so, or `iifname ""` for what the node itself sends.
 */
export function arrivesBy(name: string, { unlike = false } = {}): Statement {
  const isPrefix = name.endsWith('*');
  const bytes = new TextEncoder().encode(isPrefix ? name.slice(0, -1) : name);
  const value = isPrefix ? bytes : new Uint8Array(INTERFACE_NAME_SIZE);
  if (!isPrefix) value.set(bytes.subarray(0, INTERFACE_NAME_SIZE - 1));
  return { kind: 'compare', field: { from: 'meta', key: 'iifname' }, value, ...(unlike ? { unlike } : {}) };
}

export const MARK: Field = { from: 'meta', key: 'mark' };
export const PRIORITY: Field = { from: 'meta', key: 'priority' };

export function setMark(value: Value): Statement {
  return { kind: 'assign', to: 'mark', value };
}

export const ACCEPT: Statement = { kind: 'verdict', verdict: { to: 'accept' } };
export const DROP: Statement = { kind: 'verdict', verdict: { to: 'drop' } };
/** To where the chain was called from. */
export const RETURN: Statement = { kind: 'verdict', verdict: { to: 'return' } };

export function jump(chain: string): Statement {
  return { kind: 'verdict', verdict: { to: 'jump', chain } };
}

export function goTo(chain: string): Statement {
  return { kind: 'verdict', verdict: { to: 'goto', chain } };
}

/** Something once for each family and protocol, for the sets that come so. */
export function forEachFlow<T>(make: (family: Family, protocol: Protocol) => readonly T[]): T[] {
  return FAMILIES.flatMap((family) => PROTOCOLS.flatMap((protocol) => make(family, protocol)));
}

/**
 * For each family what matches a client inside the cluster, nothing for everybody; undefined where none can be
 * recognised.
 */
export type InsideMatch = (family: Family) => readonly Statement[] | undefined;

export const EVERYBODY: InsideMatch = () => [];

export function insideMatch({ insideClients }: PacketRulesSettings): InsideMatch {
  switch (insideClients.kind) {
    case 'unknown':
      return () => undefined;
    case 'interfaces':
      return () => [arrivesBy(insideClients.name)];
    case 'addresses':
    case 'pods-of-this-node':
      return (family) => {
        const isInside = isWithin(sourceAddress, family, insideClients.cidrs);
        return isInside === undefined ? undefined : [isInside];
      };
  }
}
