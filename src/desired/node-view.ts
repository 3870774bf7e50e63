import type { Address } from '../model/address.js';
import type { FrontendKey } from '../model/frontend.js';
import type { OtherNodes } from '../model/other-nodes.js';
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
  /** The firewall mark of an inside view. */
  markOf(view: FrontendKey): number;
  /** Whether the Service may have so many tables of the scheduler mh; see `HashTables`. */
  takeHashTables(service: ServiceKey, count: number): boolean;
}

/** Whether both have the same addresses, named and shown alike; those of other Nodes aside. */
export function sameAddresses(a: NodeView, b: NodeView): boolean {
  return (
    sameList(a.addresses, b.addresses) &&
    sameList(a.named, b.named) &&
    sameList(a.portAddresses, b.portAddresses)
  );
}

function sameList(a: readonly Address[], b: readonly Address[]): boolean {
  return a.length === b.length && a.every((entry, index) => entry === b[index]);
}
