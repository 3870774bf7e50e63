import type { Address, Family } from '../model/address.js';
import {
  type Endpoint,
  EndpointList,
  type EndpointSlice,
  type EndpointState,
  type Endpoints,
} from '../model/endpoint-slice.js';
import {
  evenServers,
  fixedServers,
  NO_SERVERS,
  type RealServer,
  RealServerList,
  type RealServers,
  realServer,
  type ServerOrder,
} from '../model/real-server.js';
import { hashesServers } from '../model/scheduler.js';
import type { Service } from '../model/service.js';
import { PLAIN_WEIGHT, type WeightTable } from '../model/weight-rule.js';
import { Candidates, orderBy, seedOf } from './candidates.js';
import type { NodeSettings } from './node-view.js';
import type { Offer } from './service-slices.js';

/** The two lists among which the traffic policies choose; both iterate in the order for the kernel. */
export interface ChosenEndpoints {
  /** For clients that may be sent to any node. */
  readonly cluster: RealServers;
  /** Those on this node, whatever the hints say: for policy Local. */
  readonly local: RealServers;
}

/** What decides on shares and order. */
export interface Balancing {
  /** The scheduler that the Service gets. */
  readonly scheduler: string;
  readonly weights: WeightTable;
  /** Every weight is multiplied by this. */
  readonly scale: number;
}

/**
 * The endpoints that serve one ServicePort in one family, from all slices of the Service.
 *
 * Ready endpoints are used; where none is ready, those that still serve while they terminate, so that a rollout does
 * not refuse connections that a pod would still answer (KEP-1669). Each list falls back for itself. Hints never thin
 * out the local list, and never what is terminating. An endpoint in several slices counts once.
 */
export function chooseEndpoints(
  offers: readonly Offer[],
  family: Family,
  node: NodeSettings,
  balancing: Balancing,
): ChosenEndpoints {
  const even = evenChoice(offers, family, node, balancing);
  if (even !== undefined) return even;
  const candidates = new Candidates(offers, family);
  return candidates.endpoints.length === 0 ? NOTHING : divide(candidates, node, balancing);
}

/**
 * The same where every endpoint is ready and has no hints, all have one port and one weight and none is there twice, as
 * in nearly every Service; undefined in any other. Nothing is made of an endpoint then.
 */
function evenChoice(
  offers: readonly Offer[],
  family: Family,
  { name }: NodeSettings,
  { scheduler, weights, scale }: Balancing,
): ChosenEndpoints | undefined {
  const { evenWeight } = weights;
  if (evenWeight === undefined) return undefined;
  const all: Address[] = [];
  const local: Address[] = [];
  let target = 0;
  for (let index = 0; index < offers.length; index++) {
    const { slice, port } = offers[index] as Offer;
    if (slice.family !== family) continue;
    if (target !== 0 && target !== port) return undefined;
    target = port;
    if (!gatherEven(slice.endpoints, name, all, local)) return undefined;
  }
  if (all.length === 0) return NOTHING;
  // Without what growing arrays have reserved for more.
  const sorted = all.slice().sort();
  if (hasOneTwice(sorted)) return undefined;
  const order = orderFor(hashesServers(scheduler) ? '' : name);
  const weight = evenWeight * scale;
  const cluster = evenServers(sorted, target, weight, order);
  if (name === undefined) return { cluster, local: cluster };
  if (local.length === 0) return { cluster, local: NO_SERVERS };
  return { cluster, local: evenServers(local.slice().sort(), target, weight, order) };
}

function hasOneTwice(sorted: readonly Address[]): boolean {
  for (let index = 1; index < sorted.length; index++) if (sorted[index] === sorted[index - 1]) return true;
  return false;
}

// False where one of them is not as all others.
function gatherEven(
  endpoints: Endpoints,
  name: string | undefined,
  all: Address[],
  local: Address[],
): boolean {
  const { parts } = EndpointList.of(endpoints);
  for (let index = 0; index < parts.length; index += 2) {
    const address = parts[index] as Address;
    const state = parts[index + 1] as EndpointState;
    if (!state.ready || state.nodeHints !== undefined || state.zoneHints !== undefined) return false;
    all.push(address);
    if (state.node === name) local.push(address);
  }
  return true;
}

/** The order on the node of this name; the empty name is for one that all nodes share. */
function orderFor(name = ''): ServerOrder {
  if (latest?.name !== name) latest = { name, order: orderBy(seedOf(name)) };
  return latest.order;
}

let latest: { readonly name: string; readonly order: ServerOrder } | undefined;

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

const NOTHING: ChosenEndpoints = { cluster: NO_SERVERS, local: NO_SERVERS };

/** Puts each candidate, in their order, into the lists that it belongs to. */
function divide(
  candidates: Candidates,
  node: NodeSettings,
  { scheduler, weights, scale }: Balancing,
): ChosenEndpoints {
  const { endpoints, ports } = candidates;
  const preference = preferenceOf(candidates, node);
  const cluster = new RealServerList();
  const local = new LocalList();
  for (const place of candidates.inOrder(seedOf(hashesServers(scheduler) ? '' : (node.name ?? '')))) {
    const endpoint = endpoints[place] as Endpoint;
    const isLocal = isOnThisNode(endpoint, node);
    const isForAll = endpoint.ready ? isWanted(endpoint, preference) : candidates.readyCount === 0;
    if (!isLocal && !isForAll) continue;
    const server = realServer(endpoint.address, ports[place] as number, weights.at(endpoint) * scale);
    if (isForAll) cluster.put(server);
    if (isLocal) local.add(server, endpoint.ready);
  }
  return { cluster: fixedServers(cluster), local: local.servers };
}

/** The local candidates; most Services have none on most nodes. */
class LocalList {
  #ready: RealServerList | undefined;
  #leaving: RealServerList | undefined;

  get servers(): RealServers {
    const list = this.#ready ?? this.#leaving;
    return list === undefined ? NO_SERVERS : fixedServers(list);
  }

  add(server: RealServer, isReady: boolean): void {
    const list = (isReady ? this.#ready : this.#leaving) ?? new RealServerList();
    list.put(server);
    if (isReady) this.#ready = list;
    else this.#leaving = list;
  }
}

function isWanted(endpoint: Endpoint, preference: Preference | undefined): boolean {
  return preference === undefined || isPreferred(endpoint, preference);
}

// A node without a name is one without a cluster: there is no other that an endpoint could be on. With a name, an
// endpoint that names no node is on none, or every node would answer a load balancer that it has one.
function isOnThisNode({ node }: Endpoint, { name }: NodeSettings): boolean {
  return name === undefined || node === name;
}

/** The place of which the ready endpoints say that they are for it, and which this node is, or is in. */
interface Preference {
  readonly kind: 'node' | 'zone';
  readonly name: string;
}

/**
 * What the hints of the ready endpoints say for this node: by node (KEP-3015) before by zone (KEP-2433).
 *
 * Hints count only where every ready endpoint has one and one of them names this place. A slice that was written before
 * the hints, or a zone whose last endpoint has gone, would otherwise overload the rest or leave nobody to answer.
 */
function preferenceOf({ endpoints }: Candidates, { name, zone }: NodeSettings): Preference | undefined {
  if (name !== undefined && areHinted(endpoints, 'node', name)) return { kind: 'node', name };
  if (zone !== undefined && areHinted(endpoints, 'zone', zone)) return { kind: 'zone', name: zone };
  return undefined;
}

function isPreferred(endpoint: Endpoint, preference: Preference): boolean {
  return hintsOf(endpoint, preference.kind)?.includes(preference.name) === true;
}

function areHinted(endpoints: readonly Endpoint[], kind: Preference['kind'], name: string): boolean {
  let isNamed = false;
  for (const endpoint of endpoints) {
    if (!endpoint.ready) continue;
    const hints = hintsOf(endpoint, kind);
    if (hints === undefined) return false;
    isNamed ||= hints.includes(name);
  }
  return isNamed;
}

function hintsOf(
  { nodeHints, zoneHints }: Endpoint,
  kind: Preference['kind'],
): readonly string[] | undefined {
  return kind === 'node' ? nodeHints : zoneHints;
}

/** IPVS itself takes more; what a Service may ask for does not go further. */
const LARGEST_WEIGHT = 65_535;

/**
 * The steps in which a weight of 1 grows. Schedulers compare weights, so that multiplying all of them changes no share.
 */
const STEPS = 10;

/** By what all weights of a Service are multiplied, so that those of new endpoints can begin with less than 1. */
export function weightScale({ slowStart, weights }: Pick<Service, 'slowStart' | 'weights'>): number {
  if (slowStart === 0) return 1;
  const largest = Math.max(PLAIN_WEIGHT, ...weights.map(({ weight }) => weight));
  return Math.max(1, Math.min(STEPS, Math.floor(LARGEST_WEIGHT / largest)));
}
