import { type Address, familyOf } from '../model/address.js';
import type { ClaimKind } from '../model/claim.js';
import type { Problem } from '../model/problem.js';
import type { Service } from '../model/service.js';
import type { NodeView } from './node-view.js';

/** An address by which a Service is reached. */
export interface Way {
  readonly kind: ClaimKind;
  readonly address: Address;
  /** Only endpoints on this node serve it, by the traffic policy for this way. */
  readonly isLocalOnly: boolean;
  /** It is one of the node's own addresses: neither bound nor guarded, since the node needs it for itself. */
  readonly isNodes: boolean;
  /** The other Node that has the address: not served here, or this node would be cut off from that one. */
  readonly holder: string | undefined;
}

/** Every way to a Service that this node can offer, none twice; best founded first, as its claims count. */
export function waysOf(service: Service, node: NodeView): Way[] {
  const { clusterIPs, externalIPs, loadBalancerIPs, ports, internalPolicy, externalPolicy } = service;
  const inside = internalPolicy === 'Local';
  const outside = externalPolicy === 'Local';
  const ways: Way[] = [];
  addWays(ways, 'cluster', clusterIPs, inside, node);
  if (ports.some(({ nodePort }) => nodePort !== 0)) addWays(ways, 'node', node.portAddresses, outside, node);
  addWays(ways, 'balancer', loadBalancerIPs, outside, node);
  addWays(ways, 'external', externalIPs, outside, node);
  return ways;
}

function addWays(
  ways: Way[],
  kind: Way['kind'],
  addresses: readonly Address[],
  isLocalOnly: boolean,
  node: NodeView,
): void {
  for (const address of addresses) {
    if (!node.families.includes(familyOf(address))) continue;
    const isNodes = node.addresses.includes(address);
    ways.push({
      kind,
      address,
      isLocalOnly,
      isNodes,
      holder: isNodes ? undefined : node.others.get(address),
    });
  }
}

/** What is wrong with a VIP that is an address of a Node; undefined for one that is not. */
export function addressProblem(service: Service, way: Way): Problem | undefined {
  if (way.kind === 'node') return undefined;
  if (way.isNodes) return ownAddressProblem(service, way);
  return way.holder === undefined ? undefined : otherNodeProblem(service, way, way.holder);
}

/** It works, but other ports of it stay the node's. */
function ownAddressProblem(service: Service, { kind, address }: Way): Problem {
  return {
    ...claimAt(service, kind),
    message: `${address} is an address of this node itself, so it is served but neither bound nor guarded: other ports of it stay the node's own.`,
    remedy: REMEDY,
  };
}

/** Its packets take the way of all others to that Node, which serves the Service at its own address. */
function otherNodeProblem(service: Service, { kind, address }: Way, holder: string): Problem {
  return {
    ...claimAt(service, kind),
    everywhere: true,
    message: `${address} is an address of Node ${holder}, so only that Node serves it: bound on others, it would cut them off from that Node.`,
    remedy: REMEDY,
  };
}

const REMEDY = 'Give the Service an address that no node has.';

function claimAt({ key }: Service, kind: Way['kind']) {
  const field = kind === 'balancer' ? 'status.loadBalancer' : `spec.${kind}IPs`;
  return { kind: 'conflict', subject: `Service ${key}`, service: key, field } as const;
}
