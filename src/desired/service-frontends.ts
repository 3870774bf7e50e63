import { type Address, type Family, familyOf } from '../model/address.js';
import { type Cidr, cidrContains, cidrFrom, withoutContained } from '../model/cidr.js';
import type { ClaimKind } from '../model/claim.js';
import type { ServiceView } from '../model/cluster-view.js';
import type { TrafficSet } from '../model/dataplane.js';
import type { EndpointSlice } from '../model/endpoint-slice.js';
import { type Frontend, frontend, insideKey, insideOf } from '../model/frontend.js';
import type { HealthCheckService } from '../model/health-check.js';
import type { Problem } from '../model/problem.js';
import { allowedSources, isExternal, type Service, type ServicePort } from '../model/service.js';
import type { VirtualServer, VirtualServerSettings } from '../model/virtual-server.js';
import { type Balancing, type ChosenEndpoints, chooseEndpoints, countLocalReady } from './endpoint-choice.js';
import type { NodeView } from './node-view.js';
import { insideSettings, settingsOf } from './server-settings.js';
import { addressProblem, type Way, waysOf } from './service-ways.js';
import { weightScale } from './weight-scale.js';

/** What one Service wants on this node. */
export interface ServiceFrontends {
  /** Whether the node's addresses matter to it. */
  readonly isExternal: boolean;
  readonly frontends: readonly ServiceFrontend[];
  /** Addresses to bind. */
  readonly vips: readonly Address[];
  /** Addresses that it claims and that other Nodes have. */
  readonly ceded: readonly Address[];
  readonly problems: readonly Problem[];
  /** Undefined where load balancers do not ask. */
  readonly healthCheck: HealthCheckService | undefined;
}

/** One Service's wish to have one frontend. */
export interface ServiceFrontend {
  readonly service: Service;
  readonly frontend: Frontend;
  /** `namespace/name:port`, as the ledger shows it. */
  readonly owner: string;
  /** By what it is claimed. */
  readonly kind: ClaimKind;
  /** Its port in the Service, by place in `spec.ports`. */
  readonly portIndex: number;
  /** Undefined without a usable endpoint: then nobody gets through, and there is nothing to balance. */
  readonly virtualServer: VirtualServer | undefined;
  /** How its packets are treated beyond that. */
  readonly traffic: readonly TrafficSet[];
  /** Who may reach it, where it is restricted. */
  readonly sources: readonly Cidr[];
  /** What clients inside the cluster see instead, where they see something else. It goes to whom the frontend goes to. */
  readonly inside?: ServiceFrontend;
}

const NOTHING: ServiceFrontends = {
  isExternal: false,
  frontends: [],
  vips: [],
  ceded: [],
  problems: [],
  healthCheck: undefined,
};

/** Every address and port by which the Service is reached on this node, with the endpoints that serve it there. */
export function serviceFrontends({ service, slices }: ServiceView, node: NodeView): ServiceFrontends {
  if (service === undefined) return NOTHING;
  const claimed = waysOf(service, node);
  // Nearly every Service has its addresses for itself.
  const isAlone = claimed.every(({ holder, isNodes }) => holder === undefined && !isNodes);
  const ways = isAlone ? claimed : claimed.filter(({ holder }) => holder === undefined);
  const settings = settingsOf(service, node);
  const { scheduler } = settings;
  const balancing: Balancing = { scheduler, weights: service.weights, scale: weightScale(service) };
  const frontends: ServiceFrontend[] = [];
  service.ports.forEach((port, index) => {
    const choices: Partial<Record<Family, ChosenEndpoints>> = {};
    for (const way of ways) {
      if (way.kind === 'node' && port.nodePort === 0) continue;
      const family = familyOf(way.address);
      const chosen = choices[family] ?? chooseEndpoints(slices, family, port, node, balancing);
      choices[family] = chosen;
      const entrance = { service, port, index, way, chosen, settings };
      frontends.push(serviceFrontend(entrance, node));
    }
  });
  return {
    isExternal: isExternal(service),
    // Without what a growing array has reserved for more.
    frontends: frontends.slice(),
    vips: ways.filter(({ kind, isNodes }) => kind !== 'node' && !isNodes).map(({ address }) => address),
    ceded: isAlone
      ? NO_ADDRESSES
      : claimed.flatMap(({ holder, address }) => (holder === undefined ? [] : [address])),
    problems: isAlone ? NO_PROBLEMS : claimed.flatMap((way) => addressProblem(service, way) ?? []),
    healthCheck: healthCheckOf(service, slices, node),
  };
}

function healthCheckOf(
  { healthCheckNodePort: port, created, clusterIPs }: Service,
  slices: readonly EndpointSlice[],
  node: NodeView,
): HealthCheckService | undefined {
  if (port === 0) return undefined;
  // A pod that answers in both families is one endpoint: the family that has most of them counts.
  const counts = clusterIPs.map((address) => countLocalReady(slices, familyOf(address), node));
  return { port, localEndpoints: Math.max(0, ...counts), created };
}

/** One port of a Service by one way. */
interface Entrance {
  readonly service: Service;
  readonly port: ServicePort;
  /** Of the port in the Service. */
  readonly index: number;
  readonly way: Way;
  readonly chosen: ChosenEndpoints;
  readonly settings: VirtualServerSettings;
}

function serviceFrontend(entrance: Entrance, node: NodeView): ServiceFrontend {
  const outside = outsideFrontend(entrance, node);
  if (!hasInsideView(entrance.way, entrance.chosen)) return outside;
  return { ...outside, inside: insideView(entrance, outside.frontend, node) };
}

function outsideFrontend(entrance: Entrance, node: NodeView): ServiceFrontend {
  const { service, port, index, way, chosen, settings } = entrance;
  const front = frontend(way.address, way.kind === 'node' ? port.nodePort : port.port, port.protocol);
  const servers = way.isLocalOnly ? chosen.local : chosen.cluster;
  const sources = way.kind === 'balancer' ? sourcesOf(service, way.address, node) : undefined;
  return {
    service,
    owner: ownerOf(service, port),
    kind: way.kind,
    portIndex: index,
    frontend: front,
    virtualServer: servers.size === 0 ? undefined : { frontend: front, settings, realServers: servers },
    traffic: trafficOf(way, servers.size > 0, chosen, sources),
    sources: sources ?? NO_SOURCES,
  };
}

/** Whether clients inside the cluster get other endpoints than those outside. */
function hasInsideView(way: Way, { cluster }: ChosenEndpoints): boolean {
  return way.kind !== 'cluster' && way.isLocalOnly && cluster.size > 0;
}

/** Clients inside the cluster, the node itself included, reach every endpoint: for them no hop is to be saved (KEP-1669). */
function insideView(entrance: Entrance, outside: Frontend, node: NodeView): ServiceFrontend {
  const { service, port, index, way, chosen } = entrance;
  const front = insideOf(outside, node.markOf(insideKey(outside.key)));
  const settings = insideSettings(entrance.settings, node);
  return {
    service,
    owner: ownerOf(service, port),
    kind: way.kind,
    portIndex: index,
    frontend: front,
    virtualServer: { frontend: front, settings, realServers: chosen.cluster },
    traffic: PLAIN,
    sources: NO_SOURCES,
  };
}

// nftables keeps 127 bytes of a comment. `namespace/name` always fits; a very long port name is cut.
const OWNER_LENGTH = 127;

function ownerOf(service: Service, port: ServicePort): string {
  const owner = port.name === '' ? service.key : `${service.key}:${port.name}`;
  return owner.slice(0, OWNER_LENGTH);
}

const PLAIN: readonly TrafficSet[] = [];
const NO_SOURCES: readonly Cidr[] = [];
const NO_ADDRESSES: readonly Address[] = [];
const NO_PROBLEMS: readonly Problem[] = [];

function trafficOf(
  way: Way,
  isServed: boolean,
  chosen: ChosenEndpoints,
  sources: readonly Cidr[] | undefined,
): readonly TrafficSet[] {
  if (way.kind === 'cluster' && isServed) return PLAIN;
  const traffic: TrafficSet[] = [];
  if (way.kind !== 'cluster') traffic.push(way.isLocalOnly ? 'source-kept' : 'masqueraded');
  if (sources !== undefined) traffic.push('restricted');
  if (!isServed && chosen.cluster.size > 0) traffic.push('dropped');
  // An address that we guard refuses by itself whatever is not open.
  else if (!isServed && way.isNodes) traffic.push('refused');
  return traffic;
}

/**
 * The clients allowed at a load balancer's address; undefined for everybody. The node's own clients have the address
 * itself as their source, since it is local: they are in where the node is. As in kube-proxy that goes by the addresses that the
 * Node object names: a range of pods has an address of the node too, and does not mean the node.
 */
function sourcesOf(service: Service, address: Address, node: NodeView): readonly Cidr[] | undefined {
  const family = familyOf(address);
  const allowed = allowedSources(service, family);
  if (allowed === undefined) return undefined;
  const own = node.named.length > 0 ? node.named : node.addresses;
  const isNodeIn = allowed.some((cidr) => own.some((each) => cidrContains(cidr, each)));
  const self = cidrFrom(address, family === 'IPv4' ? 32 : 128);
  return withoutContained(isNodeIn ? [...allowed, self] : allowed);
}
