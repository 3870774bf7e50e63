import type { Address, Family } from '../model/address.js';
import type { Endpoint, EndpointPort, EndpointSlice } from '../model/endpoint-slice.js';
import { type RealServer, type RealServerKey, realServer } from '../model/real-server.js';
import type { ServicePort } from '../model/service.js';
import type { NodeSettings } from './node-settings.js';

export interface ChosenEndpoints {
  readonly realServers: ReadonlyMap<RealServerKey, RealServer>;
  /** Addresses of those that may run on this node. */
  readonly local: readonly Address[];
}

/**
 * The endpoints that serve one ServicePort in one family, from all slices of the Service.
 *
 * A slice's port belongs to the ServicePort of the same name and protocol; its number may differ between slices
 * (KEP-752). Ready endpoints are used; where none is ready, those that still serve while they terminate, so that a
 * rollout does not refuse connections that a pod would still answer (KEP-1669). An endpoint in several slices counts once.
 */
export function chooseEndpoints(
  slices: readonly EndpointSlice[],
  family: Family,
  port: ServicePort,
  node: NodeSettings,
): ChosenEndpoints {
  const own = slices.filter((slice) => slice.family === family);
  const ready = choose(own, port, node, isReady);
  return ready.realServers.size > 0 ? ready : choose(own, port, node, isFallback);
}

function choose(
  slices: readonly EndpointSlice[],
  wanted: ServicePort,
  node: NodeSettings,
  usable: (endpoint: Endpoint) => boolean,
): ChosenEndpoints {
  const realServers = new Map<RealServerKey, RealServer>();
  const local: Address[] = [];
  for (const slice of slices)
    for (const port of slice.ports) {
      if (!isSamePort(port, wanted)) continue;
      for (const endpoint of slice.endpoints) {
        if (!usable(endpoint)) continue;
        const server = realServer(endpoint.address, port.port, 1);
        realServers.set(server.key, server);
        if (mayRunHere(endpoint, node)) local.push(endpoint.address);
      }
    }
  return { realServers, local };
}

function isSamePort(port: EndpointPort, wanted: ServicePort): boolean {
  return port.name === wanted.name && port.protocol === wanted.protocol;
}

function isReady({ ready }: Endpoint): boolean {
  return ready;
}

function isFallback({ serving, terminating }: Endpoint): boolean {
  return serving && terminating;
}

// An endpoint that names no node may be here: a needless hairpin entry costs some bytes, a missing one cuts a pod off
// from itself (kubernetes/kubernetes#53775).
function mayRunHere({ node }: Endpoint, here: NodeSettings): boolean {
  return node === undefined || here.name === undefined || node === here.name;
}
