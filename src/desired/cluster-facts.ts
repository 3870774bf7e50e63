import { type ClusterFacts, NO_FACTS } from '../model/cluster-facts.js';
import type { InsideClients, LocalDetection } from '../model/local-detection.js';
import { type NodeRecord, type OtherNodes, rangesWithoutNodes } from '../model/node.js';
import type { ReservedAddress } from '../model/reserved-address.js';

/** What the rules in the kernel say stands until the cluster says better. */
export function factsBefore(
  standing:
    | { readonly insideCIDRs: ClusterFacts['podCIDRs']; readonly serviceCIDRs: readonly string[] }
    | undefined,
): ClusterFacts {
  return standing === undefined
    ? NO_FACTS
    : { ...NO_FACTS, podCIDRs: standing.insideCIDRs, serviceCIDRs: standing.serviceCIDRs };
}

/** Takes what the source says beside Services, each time as new facts in the place of those that there are. */
export function factsListener(facts: () => ClusterFacts, changed: (facts: ClusterFacts) => void) {
  return {
    nodeChanged: (node: NodeRecord | undefined) => changed(withNode(facts(), node)),
    otherNodesChanged: (otherNodes: OtherNodes) => changed({ ...facts(), otherNodes }),
    serviceCIDRsChanged: (serviceCIDRs: readonly string[]) => changed({ ...facts(), serviceCIDRs }),
    wayChanged: (serverAddresses: readonly ReservedAddress[]) => changed({ ...facts(), serverAddresses }),
  };
}

/** A Node object that is gone takes no ranges of pods away. */
function withNode(facts: ClusterFacts, node: NodeRecord | undefined): ClusterFacts {
  return { ...facts, node, podCIDRs: node === undefined ? facts.podCIDRs : node.podCIDRs };
}

/**
 * By what the rules tell packets apart: who is a client inside the cluster, and in which ranges only Services have
 * addresses.
 */
export function packetFacts(
  detection: LocalDetection,
  { podCIDRs, serviceCIDRs = [], otherNodes }: ClusterFacts,
): { readonly insideClients: InsideClients; readonly serviceCIDRs: readonly string[] } {
  return {
    insideClients: insideClients(detection, podCIDRs),
    serviceCIDRs: rangesWithoutNodes(serviceCIDRs, otherNodes),
  };
}

/** `podCIDRs` of the Node object, undefined while it is not known. */
export function insideClients(
  detection: LocalDetection,
  podCIDRs: readonly string[] | undefined,
): InsideClients {
  switch (detection.kind) {
    case 'none':
      return podCIDRs === undefined ? { kind: 'unknown' } : { kind: 'pods-of-this-node', cidrs: podCIDRs };
    case 'cluster-cidrs':
      return { kind: 'addresses', cidrs: detection.cidrs };
    case 'node-cidr':
      return podCIDRs === undefined ? { kind: 'unknown' } : { kind: 'addresses', cidrs: podCIDRs };
    case 'bridge-interface':
      return { kind: 'interfaces', name: detection.name };
    case 'interface-name-prefix':
      return { kind: 'interfaces', name: `${detection.prefix}*` };
  }
}
