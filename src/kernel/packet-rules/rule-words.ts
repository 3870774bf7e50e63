import { FAMILIES, type Family } from '../../model/address.js';
import { PROTOCOLS, type Protocol } from '../../model/protocol.js';
import { type PacketSet, setName } from '../packet-sets.js';

/** The network header's name in nft. */
export function ip(family: Family): string {
  return family === 'IPv4' ? 'ip' : 'ip6';
}

/** What a packet asks for, as the sets of frontends have it. */
export function place(family: Family): string {
  return `${ip(family)} daddr . meta l4proto . th dport`;
}

/**
 * What a connection asked for before IPVS chose a server. The protocol has to be matched first: the kernel refuses
 * `ct original proto-dst` without it.
 */
export function askedFor(family: Family, protocol: Protocol): string {
  return `meta l4proto ${protocol.toLowerCase()} ct original ${ip(family)} daddr . ct original proto-dst`;
}

/** The name of a set that holds every protocol. */
export function setOf(
  purpose: Exclude<PacketSet, { protocol: Protocol }>['purpose'],
  family: Family,
): string {
  return setName({ purpose, family });
}

/** Those of a family among ranges of both. */
export function ofFamily(cidrs: readonly string[], family: Family): string[] {
  return cidrs.filter((cidr) => cidr.includes(':') === (family === 'IPv6'));
}

/** Rules once for each family and protocol, for the sets that come so. */
export function forEachFlow(rules: (family: Family, protocol: Protocol) => readonly string[]): string[] {
  return FAMILIES.flatMap((family) => PROTOCOLS.flatMap((protocol) => rules(family, protocol)));
}
