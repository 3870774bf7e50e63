import type { ClaimKind } from '../model/claim.js';
import type { TrafficSet } from '../model/dataplane.js';
import { type Frontend, frontend, insideKey, insideOf } from '../model/frontend.js';
import type { Service, ServicePort } from '../model/service.js';
import type { VirtualServer, VirtualServerSettings } from '../model/virtual-server.js';
import type { ChosenEndpoints } from './endpoint-choice.js';
import type { NodeView } from './node-view.js';
import { insideSettings } from './server-settings.js';
import type { OfferedPorts } from './service-slices.js';
import type { Way } from './service-ways.js';
import type { SourceList, SourceLists } from './source-lists.js';

/** One Service's claim to one frontend. */
export interface ServiceFrontend {
  readonly service: Service;
  readonly frontend: Frontend;
  /** `namespace/name:port`, as the ledger shows it. */
  readonly owner: string;
  /** By what it is claimed. */
  readonly kind: ClaimKind;
  /** Its port in the Service, by place in `spec.ports`. */
  readonly portIndex: number;
  /** Undefined without a usable endpoint: then no client gets through, and there is nothing to balance. */
  readonly virtualServer: VirtualServer | undefined;
  /** Without one: the ports of the Service's slices, where none of them is this one. */
  readonly offered?: string;
  /** How its packets are treated beyond that. */
  readonly traffic: readonly TrafficSet[];
  /** Who may reach it, where it is restricted. */
  readonly sources: SourceList;
  /**
   * What clients inside the cluster see instead, where they see something else. It goes to whom the frontend goes to.
   */
  readonly inside?: ServiceFrontend;
}

/** A frontend with its view of clients inside, and the real servers of both. */
export function entriesIn({ virtualServer, inside }: ServiceFrontend): number {
  const own = 1 + (virtualServer?.realServers.size ?? 0);
  return inside === undefined ? own : own + 1 + (inside.virtualServer?.realServers.size ?? 0);
}

/** What the frontends of one Service have in common. */
interface SharedParts {
  readonly service: Service;
  readonly settings: VirtualServerSettings;
  readonly sources: SourceLists;
  readonly offers: OfferedPorts;
}

/** One port of a Service by one way. */
interface Entrance {
  readonly shared: SharedParts;
  readonly port: ServicePort;
  /** Of the port in the Service. */
  readonly index: number;
  readonly way: Way;
  readonly chosen: ChosenEndpoints;
}

/** Whether it is left to a process of the node that listens there. */
export function isNodeLocal({ traffic }: Pick<ServiceFrontend, 'traffic'>): boolean {
  return traffic.includes('node-local');
}

export function serviceFrontend(entrance: Entrance, node: NodeView): ServiceFrontend {
  const { way, shared } = entrance;
  const outside = outsideFrontend(entrance);
  if (way.kind === 'cluster' && shared.service.prefersNodeLocal && node.listeners.has(outside.frontend.key))
    return { ...outside, virtualServer: undefined, traffic: NODE_LOCAL };
  if (!hasInsideView(entrance.way, entrance.chosen)) return outside;
  return { ...outside, inside: insideView(entrance, outside.frontend, node) };
}

function outsideFrontend(entrance: Entrance): ServiceFrontend {
  const { shared, port, index, way, chosen } = entrance;
  const { service, settings } = shared;
  const front = frontend(way.address, way.kind === 'node' ? port.nodePort : port.port, port.protocol);
  const servers = way.isLocalOnly ? chosen.local : chosen.cluster;
  const sources = way.kind === 'balancer' ? shared.sources.at(way.address) : undefined;
  const offered = servers.size === 0 ? shared.offers.insteadOf(port) : undefined;
  const claim: ServiceFrontend = {
    service,
    owner: ownerOf(service, port),
    kind: way.kind,
    portIndex: index,
    frontend: front,
    virtualServer: servers.size === 0 ? undefined : { frontend: front, settings, realServers: servers },
    traffic: trafficOf(way, servers.size > 0, chosen, sources),
    sources: sources ?? NO_SOURCES,
  };
  return offered === undefined ? claim : { ...claim, offered };
}

/** Whether clients inside the cluster get other endpoints than those outside. */
function hasInsideView(way: Way, { cluster }: ChosenEndpoints): boolean {
  return way.kind !== 'cluster' && way.isLocalOnly && cluster.size > 0;
}

/**
 * Clients inside the cluster, the node itself included, reach every endpoint: for them no hop is to be saved
 * (KEP-1669).
 */
function insideView(entrance: Entrance, outside: Frontend, node: NodeView): ServiceFrontend {
  const { shared, port, index, way, chosen } = entrance;
  const { service } = shared;
  const front = insideOf(outside, node.markOf(insideKey(outside.key)));
  const settings = insideSettings(shared.settings, node);
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
  return owner.length > OWNER_LENGTH ? owner.slice(0, OWNER_LENGTH) : owner;
}

const PLAIN: readonly TrafficSet[] = [];
const NODE_LOCAL: readonly TrafficSet[] = ['node-local'];
const NO_SOURCES: SourceList = new Map();

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
