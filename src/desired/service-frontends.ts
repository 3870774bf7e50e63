import { type Address, type Family, familyOf } from '../model/address.js';
import type { ClaimKind } from '../model/claim.js';
import type { ServiceView } from '../model/cluster-view.js';
import type { TrafficSet } from '../model/dataplane.js';
import type { EndpointSlice } from '../model/endpoint-slice.js';
import { type Frontend, frontend, insideKey, insideOf } from '../model/frontend.js';
import type { HealthCheckService } from '../model/health-check.js';
import type { Problem } from '../model/problem.js';
import type { Protocol } from '../model/protocol.js';
import { isExternal, type Service, type ServicePort } from '../model/service.js';
import type { ServiceKey } from '../model/service-key.js';
import type { VirtualServer, VirtualServerSettings } from '../model/virtual-server.js';
import { WeightTable } from '../model/weight-rule.js';
import { nodesOwnPort } from './address-policy.js';
import { type Balancing, type ChosenEndpoints, chooseEndpoints, countLocalReady } from './endpoint-choice.js';
import { type HashChoice, withinHashTables } from './hash-tables.js';
import type { NodeView } from './node-view.js';
import { OfferedPorts, offersOf } from './offered-ports.js';
import { insideSettings, settingsOf } from './server-settings.js';
import { Allowance, limitProblem } from './service-limits.js';
import { addressProblems, type Way, waysOf } from './service-ways.js';
import { type SourceList, SourceLists } from './source-lists.js';
import { endpointProblem, usableEndpoints } from './usable-endpoints.js';
import { weightScale } from './weight-scale.js';

/** What one Service wants on this node. */
export interface ServiceFrontends {
  /** Whether the node's addresses matter to it. */
  readonly isExternal: boolean;
  readonly frontends: readonly ServiceFrontend[];
  /** Addresses to bind. */
  readonly vips: readonly Address[];
  /** Addresses that it claims, or has as endpoints, and may not have here. */
  readonly refused: readonly Address[];
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
  /** Without one: the ports of the Service's slices, where none of them is this one. */
  readonly offered?: string;
  /** How its packets are treated beyond that. */
  readonly traffic: readonly TrafficSet[];
  /** Who may reach it, where it is restricted. */
  readonly sources: SourceList;
  /** What clients inside the cluster see instead, where they see something else. It goes to whom the frontend goes to. */
  readonly inside?: ServiceFrontend;
}

const NOTHING: ServiceFrontends = {
  isExternal: false,
  frontends: [],
  vips: [],
  refused: [],
  problems: [],
  healthCheck: undefined,
};

/** Some milliseconds' work; hardly a Service has more. */
const ENTRIES_IN_PIECE = 512;

/** A frontend with its view of clients inside, and the real servers of both. */
export function entriesIn({ virtualServer, inside }: ServiceFrontend): number {
  const own = 1 + (virtualServer?.realServers.size ?? 0);
  return inside === undefined ? own : own + 1 + (inside.virtualServer?.realServers.size ?? 0);
}

/** In pieces of so many virtual and real servers: every address and port by which the Service is reached on this node, with the endpoints that serve it there. */
export function* serviceFrontends(
  { service, slices: told }: ServiceView,
  node: NodeView,
): Generator<number, ServiceFrontends> {
  if (service === undefined) return NOTHING;
  const claimed = waysOf(service, node);
  const { slices, leftOut } = usableEndpoints(told, node.reserved);
  // Nearly every Service may have all of its addresses.
  const isRefused = claimed.some(isRefusedWay);
  const ways = isRefused ? claimed.filter((way) => !isRefusedWay(way)) : claimed;
  const { frontends, cut, problems } = yield* frontendsBy(ways, service, slices, node);
  const served = cut === undefined ? ways : ways.slice(0, cut);
  const hasRemarks = claimed.some(({ verdict }) => verdict.remark !== undefined);
  return {
    isExternal: isExternal(service),
    frontends,
    vips: served.filter(({ verdict }) => verdict.use === 'bound').map(({ address }) => address),
    refused: isRefused
      ? [...claimed.filter(isRefusedWay).map(({ address }) => address), ...leftOut]
      : leftOut,
    problems:
      hasRemarks || leftOut.length > 0
        ? [
            ...addressProblems(service, claimed),
            ...(leftOut.length > 0 ? [endpointProblem(service.key, leftOut)] : []),
            ...problems,
          ]
        : problems,
    healthCheck: healthCheckOf(service, slices, node),
  };
}

function isRefusedWay({ verdict }: Way): boolean {
  return verdict.use === 'refused';
}

/**
 * A port at which something of the node itself answers, at an address that is the node's too. NodePorts are among them: the API server's
 * --service-node-port-range may have been widened past the kubelet's port and its own, and whoever took one of these from every node
 * would keep the news from it that the Service is gone.
 */
function takenPort(
  { key, ports }: Service,
  index: number,
  { kind, address, verdict }: Way,
  node: NodeView,
): Problem | undefined {
  if (verdict.use !== 'shared') return undefined;
  const { port, nodePort, protocol } = ports[index] as ServicePort;
  const [number, field] = kind === 'node' ? [nodePort, 'nodePort'] : [port, 'port'];
  const holder =
    nodesOwnPort(address, number, protocol, node) ?? healthCheckAt(kind, number, protocol, key, node);
  if (holder === undefined) return undefined;
  return {
    kind: 'conflict',
    subject: `Service ${key}`,
    service: key,
    field: `spec.ports[${index}].${field}`,
    message: `${number} at ${address}, an address of this node itself, is where ${holder} answers, so it is not served there.`,
    remedy: 'Give the Service another port, or an address that no node has.',
  };
}

// A health check node port comes from the same range as NodePorts, of which the API server gives none twice.
function healthCheckAt(
  kind: ClaimKind,
  port: number,
  protocol: Protocol,
  service: ServiceKey,
  node: NodeView,
): string | undefined {
  if (kind === 'node' || protocol !== 'TCP') return undefined;
  const owner = node.holderOf(port, service);
  return owner === undefined ? undefined : `the health check of Service ${owner}`;
}

/** As many frontends as the Service may have, by one way after the other. */
interface ServedFrontends {
  readonly frontends: readonly ServiceFrontend[];
  /** The number of ways by which anything is served, where that is not all of them. */
  readonly cut?: number;
  readonly problems: readonly Problem[];
}

// Nothing is made of what is not served: ports times addresses may be hundreds of thousands.
function* frontendsBy(
  ways: readonly Way[],
  service: Service,
  slices: readonly EndpointSlice[],
  node: NodeView,
): Generator<number, ServedFrontends> {
  const wanted = countOf(ways, service);
  const choice = withinHashTables(service, wanted + viewsOf(ways, service), node);
  const shared = sharedBy(choice, slices);
  const allowance = new Allowance(node.maxFrontends);
  const frontends: ServiceFrontend[] = [];
  const problems: Problem[] = choice.problem === undefined ? [] : [choice.problem];
  let entries = 0;
  for (const [place, way] of ways.entries())
    for (const [index, port] of service.ports.entries()) {
      if (!isShown(port, way)) continue;
      const taken = takenPort(service, index, way, node);
      if (taken !== undefined) {
        problems.push(taken);
        continue;
      }
      const wish = serviceFrontend(
        { ...shared, port, index, way, chosen: shared.chosenFor(index, way) },
        choice.node,
      );
      if (allowance.take(wish)) {
        frontends.push(wish);
        entries += entriesIn(wish);
        if (entries < ENTRIES_IN_PIECE) continue;
        yield entries;
        entries = 0;
      } else {
        const isUsed = frontends.at(-1)?.frontend.address === way.address;
        const told = { wanted, served: frontends.length, next: wish.frontend.key };
        return {
          frontends,
          cut: place + Number(isUsed),
          problems: [limitProblem(service, told), ...problems],
        };
      }
    }
  // Without what a growing array has reserved for more.
  return { frontends: frontends.slice(), problems: problems.length === 0 ? NO_PROBLEMS : problems };
}

function isShown({ nodePort }: ServicePort, { kind }: Way): boolean {
  return kind !== 'node' || nodePort !== 0;
}

function countOf(ways: readonly Way[], { ports }: Service): number {
  const nodePorts = ports.filter(({ nodePort }) => nodePort !== 0).length;
  return ways.reduce((sum, { kind }) => sum + (kind === 'node' ? nodePorts : ports.length), 0);
}

/** How many of these may have a view of clients inside. */
function viewsOf(ways: readonly Way[], service: Service): number {
  return countOf(
    ways.filter(({ kind, isLocalOnly }) => kind !== 'cluster' && isLocalOnly),
    service,
  );
}

const EVEN_WEIGHTS = new WeightTable([]);

/** What the frontends of one Service have in common. */
function sharedBy({ service, node }: HashChoice, slices: readonly EndpointSlice[]) {
  const settings = settingsOf(service, node);
  const { scheduler } = settings;
  const weights = service.weights.length === 0 ? EVEN_WEIGHTS : new WeightTable(service.weights);
  const balancing: Balancing = { scheduler, weights, scale: weightScale(service) };
  const choices: Record<Family, (ChosenEndpoints | undefined)[]> = { IPv4: [], IPv6: [] };
  const offers = new OfferedPorts(slices);
  const offersFor = (port: ServicePort) =>
    service.ports.length === 1 ? offersOf(slices, port) : offers.of(port);
  const chosenFor = (index: number, { address }: Way): ChosenEndpoints => {
    const family = familyOf(address);
    const port = service.ports[index] as ServicePort;
    choices[family][index] ??= chooseEndpoints(offersFor(port), family, node, balancing);
    return choices[family][index];
  };
  return {
    service,
    settings,
    sources: new SourceLists(service, node),
    offers,
    chosenFor,
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
  readonly sources: SourceLists;
  readonly offers: OfferedPorts;
}

function serviceFrontend(entrance: Entrance, node: NodeView): ServiceFrontend {
  const outside = outsideFrontend(entrance);
  if (!hasInsideView(entrance.way, entrance.chosen)) return outside;
  return { ...outside, inside: insideView(entrance, outside.frontend, node) };
}

function outsideFrontend(entrance: Entrance): ServiceFrontend {
  const { service, port, index, way, chosen, settings } = entrance;
  const front = frontend(way.address, way.kind === 'node' ? port.nodePort : port.port, port.protocol);
  const servers = way.isLocalOnly ? chosen.local : chosen.cluster;
  const sources = way.kind === 'balancer' ? entrance.sources.at(way.address) : undefined;
  const offered = servers.size === 0 ? entrance.offers.insteadOf(port) : undefined;
  return {
    service,
    owner: ownerOf(service, port),
    kind: way.kind,
    portIndex: index,
    frontend: front,
    virtualServer: servers.size === 0 ? undefined : { frontend: front, settings, realServers: servers },
    ...(offered !== undefined && { offered }),
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
const NO_SOURCES: SourceList = new Map();
const NO_PROBLEMS: readonly Problem[] = [];

function trafficOf(
  way: Way,
  isServed: boolean,
  chosen: ChosenEndpoints,
  sources: SourceList | undefined,
): readonly TrafficSet[] {
  if (way.kind === 'cluster' && isServed) return PLAIN;
  const traffic: TrafficSet[] = [];
  if (way.kind !== 'cluster') traffic.push(way.isLocalOnly ? 'source-kept' : 'masqueraded');
  if (sources !== undefined) traffic.push('restricted');
  if (!isServed && chosen.cluster.size > 0) traffic.push('dropped');
  // An address that we guard refuses by itself whatever is not open.
  else if (!isServed && way.verdict.use === 'shared') traffic.push('refused');
  return traffic;
}
