import type { Address } from './address.js';

/**
 * An address outside the cluster's Services that this node needs as it is, whatever a Service claims.
 * api-server, proxy: our own connection to the API server goes there. gateway: a default route leads there. resolver:
 * host names are asked for there. network, broadcast: the first and last address of a subnet that the node is in.
 */
export interface ReservedAddress {
  readonly address: Address;
  readonly use: ReservedUse;
  /** Of our own connection; 0 for the other uses. */
  readonly port: number;
}

/** In the order in which they count where an address has several uses. */
const RESERVED_USES = ['api-server', 'proxy', 'gateway', 'network', 'broadcast', 'resolver'] as const;

export type ReservedUse = (typeof RESERVED_USES)[number];

export type ReservedAddresses = ReadonlyMap<Address, ReservedAddress>;

export const NOTHING_RESERVED: ReservedAddresses = new Map();

/** One entry for each address: of several uses the one that counts most. */
export function reservedAddresses(...lists: readonly (readonly ReservedAddress[])[]): ReservedAddresses {
  const rank = ({ use }: ReservedAddress) => RESERVED_USES.indexOf(use);
  const all = lists.flat().sort((a, b) => rank(b) - rank(a));
  return new Map(all.map((entry) => [entry.address, entry]));
}

/** The addresses that are reserved for another use than before, or no longer. */
export function movedReservations(before: ReservedAddresses, after: ReservedAddresses): Address[] {
  const all = new Set([...before.keys(), ...after.keys()]);
  return [...all].filter((address) => {
    const [was, is] = [before.get(address), after.get(address)];
    return was?.use !== is?.use || was?.port !== is?.port;
  });
}
