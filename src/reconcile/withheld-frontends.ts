import type { DesiredDataplane } from '../desired/desired-dataplane.js';
import type { ClusterView } from '../model/cluster-view.js';
import type { ObservedDataplane } from '../model/dataplane.js';
import type { FrontendKey } from '../model/frontend.js';
import type { Service } from '../model/service.js';

/**
 * ClusterIPs and NodePorts of Services that another program's virtual servers hold on this node. The API server hands them out,
 * so that no Service can be made to ask for them; at other addresses anybody who may create Services could, and a node that
 * told of those as not ready would let anybody hold up a roll-out.
 */
export function withheldFrontends(
  desired: DesiredDataplane,
  view: Pick<ClusterView, 'look'>,
  { foreign }: Pick<ObservedDataplane, 'foreign'>,
): FrontendKey[] {
  return [...foreign].filter((key) => {
    const frontend = desired.virtualServers.get(key)?.frontend;
    const service = desired.serviceOf(key);
    if (frontend === undefined || service === undefined) return false;
    const asked = view.look(service).service;
    return asked !== undefined && isAllocated(asked, frontend);
  });
}

function isAllocated(service: Service, { address, port }: { address: string; port: number }): boolean {
  const { clusterIPs, externalIPs, loadBalancerIPs, ports } = service;
  if (clusterIPs.some((ip) => ip === address)) return true;
  if ([...externalIPs, ...loadBalancerIPs].some((ip) => ip === address)) return false;
  return ports.some(({ nodePort }) => nodePort === port);
}
