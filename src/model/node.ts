import type { Address } from './address.js';
import { cidrContains, parseCidr } from './cidr.js';

/** This program's own Node, reduced to what a proxy needs. */
export interface NodeRecord {
  readonly name: string;
  /** Distinguishes a Node that was deleted and made anew under the same name. */
  readonly uid: string;
  /** `status.addresses` of type InternalIP first, then ExternalIP; host names are left out. */
  readonly addresses: readonly Address[];
  /** `spec.podCIDRs`, for the local detection mode NodeCIDR. */
  readonly podCIDRs: readonly string[];
  /** `status.daemonEndpoints.kubeletEndpoint.Port`; undefined where the kubelet has not said it. */
  readonly kubeletPort?: number | undefined;
  /** Label topology.kubernetes.io/zone; undefined where it is missing, and then no zone is preferred. */
  readonly zone: string | undefined;
  /** Whether load balancers may still send traffic here: KEP-3836. */
  readonly eligible: boolean;
}

/** A Node as far as it matters to the others: what must stay reachable there. */
export interface NodeAddresses {
  readonly name: string;
  /** Of every type in `status.addresses`, host names that are addresses included. */
  readonly addresses: readonly Address[];
  /** Its condition Ready, where what was asked for shows it. */
  readonly isReady?: boolean | undefined;
}

/** Every address of the cluster's other Nodes, with the Node that has it. */
export type OtherNodes = ReadonlyMap<Address, string>;

export const NO_OTHER_NODES: OtherNodes = new Map();

/**
 * `own`: the Node that is not another one. Where several name an address, it is the first by name, as on every node.
 */
export function otherNodes(nodes: Iterable<NodeAddresses>, own: string | undefined): OtherNodes {
  const others = new Map<Address, string>();
  for (const { name, addresses } of nodes) {
    if (name === own) continue;
    for (const address of addresses) {
      const known = others.get(address);
      if (known === undefined || name < known) others.set(address, name);
    }
  }
  return others;
}

/** The addresses that another Node has now, or that have come or gone. */
export function movedAddresses(before: OtherNodes, after: OtherNodes): Address[] {
  const gone = [...before.keys()].filter((address) => !after.has(address));
  const changed = [...after].flatMap(([address, name]) => (before.get(address) === name ? [] : [address]));
  return [...gone, ...changed];
}

/**
 * Those ranges, of the ones from which Services get addresses, in which no other Node is: elsewhere none is a stray
 * one.
 */
export function rangesWithoutNodes(ranges: readonly string[], others: OtherNodes): string[] {
  return ranges.filter((range) => {
    const cidr = parseCidr(range);
    return cidr === undefined || ![...others.keys()].some((address) => cidrContains(cidr, address));
  });
}
