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

interface Candidate {
  readonly endpoint: Endpoint;
  readonly port: number;
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
  const candidates = slices.flatMap((slice) => (slice.family === family ? candidatesOf(slice, port) : []));
  const ready = candidates.filter(({ endpoint }) => endpoint.ready);
  const usable = ready.length > 0 ? ready : candidates.filter(({ endpoint }) => isFallback(endpoint));
  return {
    realServers: new Map(usable.map(toRealServer).map((server) => [server.key, server])),
    local: usable
      .filter(({ endpoint }) => mayRunHere(endpoint, node))
      .map(({ endpoint }) => endpoint.address),
  };
}

function candidatesOf(slice: EndpointSlice, wanted: ServicePort): Candidate[] {
  const ports = slice.ports.filter((port) => isSamePort(port, wanted));
  return ports.flatMap(({ port }) => slice.endpoints.map((endpoint) => ({ endpoint, port })));
}

function isSamePort(port: EndpointPort, wanted: ServicePort): boolean {
  return port.name === wanted.name && port.protocol === wanted.protocol;
}

function isFallback({ serving, terminating }: Endpoint): boolean {
  return serving && terminating;
}

function toRealServer({ endpoint, port }: Candidate): RealServer {
  return realServer(endpoint.address, port, 1);
}

// An endpoint that names no node may be here: a needless hairpin entry costs some bytes, a missing one cuts a pod off
// from itself (kubernetes/kubernetes#53775).
function mayRunHere({ node }: Endpoint, here: NodeSettings): boolean {
  return node === undefined || here.name === undefined || node === here.name;
}
