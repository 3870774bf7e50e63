import type { Address } from '../model/address.js';
import type { Cidr } from '../model/cidr.js';
import type { FrontendKey } from '../model/frontend.js';
import type { OtherNodes } from '../model/node.js';
import type { ReservedAddresses } from '../model/reserved-address.js';
import type { ServiceKey } from '../model/service-key.js';
import type { NodeProfile } from './node-settings.js';

/** This node at the moment at which a Service is worked out. */
export interface NodeView extends NodeProfile {
  /** The node's own addresses. */
  readonly addresses: readonly Address[];
  /** The addresses that the Node object names, in its order. */
  readonly named: readonly Address[];
  /** Those of its own addresses on which NodePorts are shown. */
  readonly portAddresses: readonly Address[];
  /** Addresses that belong to other Nodes; one that this node has as well counts as its own. */
  readonly others: OtherNodes;
  /** Addresses that nodes need as they are. */
  readonly reserved: ReservedAddresses;
  /** The ranges of its own pods, as the Node object says. */
  readonly podRanges: readonly Cidr[];
  /** Where its kubelet answers; 0 where that is not known. */
  readonly kubeletPort: number;
  /** The firewall mark of an inside view. */
  markOf(view: FrontendKey): number;
  /** Whether the Service may have so many tables of the scheduler mh; see `HashTables`. */
  takeHashTables(service: ServiceKey, count: number): boolean;
  /** Which other Service has this ClusterIP or health check node port; see `Allocations`. */
  holderOf(allocation: Address | number, claimant: ServiceKey): ServiceKey | undefined;
}

/** Whether both have the same addresses, named and shown alike, and the same pods and kubelet; other Nodes aside. */
export function sameAddresses(a: NodeView, b: NodeView): boolean {
  return (
    sameList(a.addresses, b.addresses) &&
    sameList(a.named, b.named) &&
    sameList(a.portAddresses, b.portAddresses) &&
    sameList(textsOf(a.podRanges), textsOf(b.podRanges)) &&
    a.kubeletPort === b.kubeletPort
  );
}

function textsOf(ranges: readonly Cidr[]): string[] {
  return ranges.map(({ text }) => text);
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((entry, index) => entry === b[index]);
}
