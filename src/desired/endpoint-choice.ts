import type { Address, Family } from '../model/address.js';
import type { Endpoint, EndpointSlice } from '../model/endpoint-slice.js';
import { type RealServer, type RealServerKey, realServer } from '../model/real-server.js';
import { hashesServers } from '../model/scheduler.js';
import type { ServicePort } from '../model/service.js';
import { type WeightRule, weightAt } from '../model/weight-rule.js';
import { type Candidates, candidatesThat, usableEndpoints } from './candidates.js';
import type { NodeSettings } from './node-settings.js';
import { seedOf, sortCandidates } from './server-order.js';
import { nearby } from './topology.js';

export type RealServers = ReadonlyMap<RealServerKey, RealServer>;

/** The two lists among which the traffic policies choose; both iterate in the order for the kernel. */
export interface ChosenEndpoints {
  /** For clients that may be sent to any node. */
  readonly cluster: RealServers;
  /** Those on this node, whatever the hints say: for policy Local. */
  readonly local: RealServers;
  /** Addresses of either list that may run on this node, so that they may call themselves. One may stand here twice. */
  readonly hairpins: readonly Address[];
}

/** What decides on shares and order. */
export interface Balancing {
  /** The scheduler that the Service gets. */
  readonly scheduler: string;
  readonly weights: readonly WeightRule[];
}

/**
 * The endpoints that serve one ServicePort in one family, from all slices of the Service.
 *
 * Ready endpoints are used; where none is ready, those that still serve while they terminate, so that a rollout does not
 * refuse connections that a pod would still answer (KEP-1669). Each list falls back for itself. Hints never thin out the
 * local list, and never what is terminating. An endpoint in several slices counts once.
 */
export function chooseEndpoints(
  slices: readonly EndpointSlice[],
  family: Family,
  port: ServicePort,
  node: NodeSettings,
  balancing: Balancing,
): ChosenEndpoints {
  const { ready, leaving } = usableEndpoints(slices, family, port);
  const anywhere = ready.endpoints.length > 0 ? nearby(ready, node) : leaving;
  const localReady = onThisNode(ready, node);
  const here = localReady.endpoints.length > 0 ? localReady : onThisNode(leaving, node);
  const cluster = realServers(anywhere, node, balancing);
  return {
    cluster,
    local: here === anywhere ? cluster : realServers(here, node, balancing),
    hairpins: hairpinsOf(anywhere, here, node),
  };
}

/** Ready endpoints on this node by address, as the health check of a load balancer counts them. */
export function countLocalReady(
  slices: readonly EndpointSlice[],
  family: Family,
  node: NodeSettings,
): number {
  const addresses = new Set<Address>();
  for (const slice of slices)
    if (slice.family === family)
      for (const endpoint of slice.endpoints)
        if (endpoint.ready && isOnThisNode(endpoint, node)) addresses.add(endpoint.address);
  return addresses.size;
}

const NONE: RealServers = new Map();

function realServers(
  candidates: Candidates,
  node: NodeSettings,
  { scheduler, weights }: Balancing,
): RealServers {
  const { endpoints, ports } = candidates;
  if (endpoints.length === 0) return NONE;
  const servers = new Map<RealServerKey, RealServer>();
  for (const index of sortCandidates(candidates, hashesServers(scheduler) ? 0 : seedOf(node.name ?? ''))) {
    const endpoint = endpoints[index];
    if (endpoint === undefined) continue;
    const server = realServer(endpoint.address, ports[index] ?? 0, weightAt(weights, endpoint));
    servers.set(server.key, server);
  }
  return servers;
}

// A node without a name is one without a cluster: there is no other that an endpoint could be on. With a name, an
// endpoint that names no node is on none, or every node would answer a load balancer that it has one.
function onThisNode(candidates: Candidates, { name }: NodeSettings): Candidates {
  return name === undefined ? candidates : candidatesThat(candidates, isOn, name);
}

function isOnThisNode({ node }: Endpoint, { name }: NodeSettings): boolean {
  return name === undefined || node === name;
}

function isOn({ node }: Endpoint, name: string): boolean {
  return node === name;
}

const NOWHERE: readonly Address[] = [];

function hairpinsOf(anywhere: Candidates, here: Candidates, node: NodeSettings): readonly Address[] {
  let found: Address[] | undefined;
  for (const endpoint of anywhere.endpoints)
    if (mayRunHere(endpoint, node)) {
      found ??= [];
      found.push(endpoint.address);
    }
  if (here !== anywhere && here.endpoints.length > 0) {
    found ??= [];
    for (const endpoint of here.endpoints) found.push(endpoint.address);
  }
  return found ?? NOWHERE;
}

// An endpoint that names no node may be here: a needless hairpin entry costs some bytes, a missing one cuts a pod off
// from itself (kubernetes/kubernetes#53775).
function mayRunHere({ node }: Endpoint, here: NodeSettings): boolean {
  return node === undefined || here.name === undefined || node === here.name;
}
