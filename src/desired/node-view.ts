import type { Address } from '../model/address.js';
import type { FrontendKey } from '../model/frontend.js';
import type { OtherNodes } from '../model/other-nodes.js';
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
  /** The firewall mark of a frontend's inside view. */
  markOf(outside: FrontendKey): number;
}
