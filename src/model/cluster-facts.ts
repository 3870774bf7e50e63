import { NO_OTHER_NODES, type NodeRecord, type OtherNodes } from './node.js';
import type { ReservedAddress } from './reserved-address.js';

/** What the cluster says beside its Services. Whoever learns more passes the whole on, as another object. */
export interface ClusterFacts {
  /** The Node object of this node; undefined where there is none, or none yet. */
  readonly node: NodeRecord | undefined;
  /** Our own connection to the API server goes to these addresses. */
  readonly serverAddresses: readonly ReservedAddress[];
  /** Ranges of this node's pods and of Services; undefined as long as they are not known. */
  readonly podCIDRs: readonly string[] | undefined;
  readonly serviceCIDRs: readonly string[] | undefined;
  readonly otherNodes: OtherNodes;
}

export const NO_FACTS: ClusterFacts = {
  node: undefined,
  serverAddresses: [],
  podCIDRs: undefined,
  serviceCIDRs: undefined,
  otherNodes: NO_OTHER_NODES,
};
