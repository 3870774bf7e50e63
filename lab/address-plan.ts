import { type Address, type Family, parseAddress } from '../src/model/address.js';

/** One host's address in each family. */
export type Addresses = Readonly<Record<Family, Address>>;

export function addresses(v4: string, v6: string): Addresses {
  const [IPv4, IPv6] = [parseAddress(v4), parseAddress(v6)];
  if (IPv4 === undefined || IPv6 === undefined) throw new TypeError(`no addresses: ${v4}, ${v6}`);
  return { IPv4, IPv6 };
}

/** A link between two ends, with the address of either. */
interface Link {
  readonly here: Addresses;
  readonly there: Addresses;
}

/** The wire between the node and the other node of the cluster. */
export const NODE_WIRE: Link = {
  here: addresses('172.18.0.2', 'fd00:18::2'),
  there: addresses('172.18.0.3', 'fd00:18::3'),
};

/** The wire between the node and a client outside of the cluster (RFC 5737, RFC 3849). */
export const OUTSIDE_WIRE: Link = {
  here: addresses('203.0.113.1', '2001:db8:113::1'),
  there: addresses('203.0.113.10', '2001:db8:113::10'),
};

/** Where the pods of one node live; its bridge has the first address. */
export interface PodSubnet {
  readonly cidrs: Readonly<Record<Family, string>>;
  readonly bridge: Addresses;
  /** The nth pod's address, counted from 0. */
  pod(index: number): Addresses;
}

export const NODE_PODS = podSubnet(0);
export const REMOTE_PODS = podSubnet(1);

function podSubnet(number: number): PodSubnet {
  const [v4, v6] = [`10.244.${number}`, `fd00:244:${number}:`];
  return {
    cidrs: { IPv4: `${v4}.0/24`, IPv6: `${v6}:/64` },
    bridge: addresses(`${v4}.1`, `${v6}:1`),
    pod: (index) => addresses(`${v4}.${index + 5}`, `${v6}:${index + 5}`),
  };
}
