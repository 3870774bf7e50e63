import type { InsideClients, LocalDetection } from '../model/local-detection.js';

/** Who counts as a client inside the cluster; `podCIDRs` of the Node object, undefined while it is not known. */
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
