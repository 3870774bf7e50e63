import { readFileSync } from 'node:fs';
import type { networkInterfaces } from 'node:os';
import { type Address, addressBytes, formatAddress, parseAddress } from '../../model/address.js';
import { cidrFrom, lastBytes, parseCidr } from '../../model/cidr.js';
import type { ReservedAddress, ReservedUse } from '../../model/reserved-address.js';

export type Interfaces = ReturnType<typeof networkInterfaces>;

/**
 * The addresses by which others reach this node. libuv lists interfaces that are up and running, and so leaves out the
 * dummy device, which stays down.
 */
export function readNodeAddresses(interfaces: Interfaces): Address[] {
  const found = Object.values(interfaces).flatMap((addresses) => addresses ?? []);
  return [...new Set(found.flatMap(({ address, internal }) => (internal ? [] : reachable(address))))];
}

// A link-local address means nothing without its interface.
function reachable(text: string): Address[] {
  const address = parseAddress(text.split('%')[0] ?? '');
  return address === undefined || /^fe[89ab]/.test(address) || address.startsWith('127.') ? [] : [address];
}

/** Where the kernel and the C library say it; a test has its own. */
interface ReservedAddressFiles {
  readonly routes: string;
  readonly routes6: string;
  readonly resolvers: string;
}

const FILES: ReservedAddressFiles = {
  routes: '/proc/net/route',
  routes6: '/proc/net/ipv6_route',
  resolvers: '/etc/resolv.conf',
};

/** Addresses beside the node's own without which it is cut off: default gateways, resolvers, ends of its subnets. */
export function readReservedAddresses(
  interfaces: Interfaces,
  files: ReservedAddressFiles = FILES,
): ReservedAddress[] {
  return [
    ...reserved('gateway', gateways(readIfThere(files.routes))),
    ...reserved('gateway', gateways6(readIfThere(files.routes6))),
    ...subnetEnds(interfaces),
    ...reserved('resolver', resolvers(readIfThere(files.resolvers))),
  ];
}

// net/ipv4/fib_trie.c fib_route_seq_show: Iface Destination Gateway Flags RefCnt Use Metric Mask …, addresses as a
// number of this machine in hexadecimal digits.
function gateways(table: string): Address[] {
  return table.split('\n').flatMap((line) => {
    const [, destination, gateway = '', , , , , mask] = line.split('\t');
    if (destination !== ZERO_4 || mask !== ZERO_4 || gateway === ZERO_4) return [];
    return formatAddress(new Uint8Array(Uint32Array.of(Number.parseInt(gateway, 16)).buffer));
  });
}

// net/ipv6/route.c rt6_info_route: destination, its length, source, its length, gateway …
function gateways6(table: string): Address[] {
  return table.split('\n').flatMap((line) => {
    const [destination, length, , , gateway = ''] = line.split(' ');
    if (destination !== ZERO_6 || length !== '00' || gateway === ZERO_6) return [];
    return parseAddress(gateway.replace(/(.{4})(?=.)/g, '$1:')) ?? [];
  });
}

const ZERO_4 = '00000000';
const ZERO_6 = ZERO_4.repeat(4);

function resolvers(text: string): Address[] {
  return text.split('\n').flatMap((line) => {
    const [, server = ''] = /^nameserver\s+([^\s%]+)/.exec(line) ?? [];
    return parseAddress(server) ?? [];
  });
}

function subnetEnds(interfaces: Interfaces): ReservedAddress[] {
  const addresses = Object.values(interfaces).flatMap((ofOne) => ofOne ?? []);
  const cidrs = addresses.flatMap(({ cidr, internal }) => (internal || cidr === null ? [] : cidr));
  return [...new Set(cidrs)].flatMap(endsOf);
}

/** The addresses of a subnet, such as `192.0.2.7/24`, that no host in it can have. */
export function endsOf(subnet: string): ReservedAddress[] {
  const cidr = parseCidr(subnet);
  if (cidr === undefined) return [];
  const { address, prefix, family } = cidr;
  const bits = addressBytes(address).length * 8;
  // Of two addresses both are hosts' (RFC 3021, RFC 6164).
  if (prefix >= bits - 1 || prefix === 0) return [];
  const first = reserved('network', [address]);
  if (family === 'IPv6') return first;
  return [...first, ...reserved('broadcast', [formatAddress(lastBytes(cidrFrom(address, prefix)))])];
}

// A link-local or loopback address is nothing that a Service can have anyway.
function reserved(use: ReservedUse, addresses: readonly Address[]): ReservedAddress[] {
  return [...new Set(addresses)]
    .filter((address) => !/^(?:127\.|169\.254\.|fe[89ab][0-9a-f]:|::1$)/.test(address))
    .map((address) => ({ address, use, port: 0 }));
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
