import { readFileSync } from 'node:fs';
import { type Address, addressBytes, formatAddress, parseAddress } from '../../model/address.js';
import { cidrFrom, lastBytes, parseCidr } from '../../model/cidr.js';
import type { ReservedAddress, ReservedUse } from '../../model/reserved-address.js';
import type { NodeAddresses } from '../kernel.js';
import type { AddressRecord } from '../native/records.js';

/** `resolvers`: where the C library says them; a test has its own. */
export function nodeAddressesOf(
  records: readonly AddressRecord[],
  resolvers = '/etc/resolv.conf',
): NodeAddresses {
  const own = records.filter(({ isRoute }) => !isRoute);
  const gateways = records.filter(({ isRoute }) => isRoute);
  return {
    own: [...new Set(own.map(({ address }) => address).filter(isReachable))],
    reserved: [
      ...reserved(
        'gateway',
        gateways.map(({ address }) => address),
      ),
      ...subnetEnds(own),
      ...reserved('resolver', resolversIn(readIfThere(resolvers))),
    ],
  };
}

// A link-local address means nothing without its interface.
function isReachable(address: Address): boolean {
  return !/^fe[89ab]/.test(address) && !address.startsWith('127.');
}

function resolversIn(text: string): Address[] {
  return text.split('\n').flatMap((line) => {
    const [, server = ''] = /^nameserver\s+([^\s%]+)/.exec(line) ?? [];
    return parseAddress(server) ?? [];
  });
}

function subnetEnds(own: readonly AddressRecord[]): ReservedAddress[] {
  const subnets = own.map(({ address, prefixLength }) => `${address}/${prefixLength}`);
  return [...new Set(subnets)].flatMap(endsOf);
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
