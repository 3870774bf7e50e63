import { type Address, familyOf } from '../model/address.js';
import type { Problem } from '../model/problem.js';
import type { Service } from '../model/service.js';
import type { NodeView } from './node-view.js';

/**
 * An address by which a Service is reached. cluster: a clusterIP. external: one of spec.externalIPs. balancer: one of
 * status.loadBalancer. node: an address of the node, where the Service's node ports are.
 */
export interface Way {
  readonly kind: 'cluster' | 'external' | 'balancer' | 'node';
  readonly address: Address;
  /** Only endpoints on this node serve it, by the traffic policy for this way. */
  readonly isLocalOnly: boolean;
  /** It is one of the node's own addresses: neither bound nor guarded, since the node needs it for itself. */
  readonly isNodes: boolean;
}

/** Every way to a Service that this node can offer, none twice. */
export function waysOf(service: Service, node: NodeView): Way[] {
  const { clusterIPs, externalIPs, loadBalancerIPs, ports, internalPolicy, externalPolicy } = service;
  const inside = internalPolicy === 'Local';
  const outside = externalPolicy === 'Local';
  const ways: Way[] = [];
  addWays(ways, 'cluster', clusterIPs, inside, node);
  addWays(ways, 'balancer', loadBalancerIPs, outside, node);
  addWays(ways, 'external', externalIPs, outside, node);
  if (ports.some(({ nodePort }) => nodePort !== 0)) addWays(ways, 'node', node.portAddresses, outside, node);
  return ways;
}

function addWays(
  ways: Way[],
  kind: Way['kind'],
  addresses: readonly Address[],
  isLocalOnly: boolean,
  { families, addresses: own }: NodeView,
): void {
  for (const address of addresses)
    if (families.includes(familyOf(address)))
      ways.push({ kind, address, isLocalOnly, isNodes: own.includes(address) });
}

/** A VIP that is the node's own address works, but other ports of it stay the node's. */
export function nodeAddressProblem({ key }: Service, { kind, address }: Way): Problem {
  const field = kind === 'balancer' ? 'status.loadBalancer' : `spec.${kind}IPs`;
  return {
    kind: 'conflict',
    subject: `Service ${key}`,
    service: key,
    field,
    message: `${address} is an address of this node itself, so it is served but neither bound nor guarded: other ports of it stay the node's own.`,
    remedy: 'Give the Service an address that no node has.',
  };
}
