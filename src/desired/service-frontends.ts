import { type Address, familyOf } from '../model/address.js';
import type { ServiceView } from '../model/cluster-view.js';
import type { EndpointSlice } from '../model/endpoint-slice.js';
import type { Problem } from '../model/problem.js';
import {
  type HealthCheckService,
  hasNodePort,
  isExternal,
  type Service,
  type ServicePort,
} from '../model/service.js';
import type { VirtualServerSettings } from '../model/virtual-server.js';
import { WeightTable } from '../model/weight-rule.js';
import {
  type Balancing,
  type ChosenEndpoints,
  chooseEndpoints,
  countLocalReady,
  weightScale,
} from './endpoint-choice.js';
import { type HashChoice, hashesByMh, withinHashTables } from './hash-tables.js';
import type { NodeView } from './node-view.js';
import { settingsOf } from './server-settings.js';
import { entriesIn, type ServiceFrontend, serviceFrontend } from './service-frontend.js';
import { Allowance, limitProblem } from './service-limits.js';
import { endpointProblem, OfferedPorts, offersOf, usableEndpoints } from './service-slices.js';
import { addressProblems, takenPort, type Way, waysOf } from './service-ways.js';
import { SourceLists } from './source-lists.js';

/** What one Service wants on this node. */
export interface ServiceFrontends {
  /** As it was when this was worked out; undefined where there is none. */
  readonly service: Service | undefined;
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

const NOTHING: ServiceFrontends = {
  service: undefined,
  isExternal: false,
  frontends: [],
  vips: [],
  refused: [],
  problems: [],
  healthCheck: undefined,
};

/** Some milliseconds' work; hardly a Service has more. */
const ENTRIES_IN_PIECE = 512;

/** Every address and port by which the Service is reached on this node, with the endpoints that serve it there. */
export function serviceFrontends(view: ServiceView, node: NodeView): ServiceFrontends {
  const work = begin(view, node);
  if (work === undefined) return NOTHING;
  serve(work, Number.POSITIVE_INFINITY);
  return conclude(work);
}

/** The same in pieces: each answers with how many virtual and real servers it was. */
export function* serviceFrontendsInPieces(
  view: ServiceView,
  node: NodeView,
): Generator<number, ServiceFrontends> {
  const work = begin(view, node);
  if (work === undefined) return NOTHING;
  for (;;) {
    const entries = serve(work, ENTRIES_IN_PIECE);
    if (entries < ENTRIES_IN_PIECE) return conclude(work);
    yield entries;
  }
}

/** A Service that is being worked out, one way and port after the other. */
interface Work {
  readonly service: Service;
  readonly node: NodeView;
  readonly slices: readonly EndpointSlice[];
  readonly leftOut: readonly Address[];
  /** Refused ones among them. */
  readonly claimed: readonly Way[];
  readonly ways: readonly Way[];
  /** The node as schedulers are chosen from it. */
  readonly chosenNode: NodeView;
  readonly shared: SharedParts;
  readonly allowance: Allowance;
  readonly frontends: ServiceFrontend[];
  readonly problems: Problem[];
  /** The place of the way that is next, and of the port. */
  way: number;
  port: number;
  /** The number of ways by which anything is served, where that is not all of them. */
  cut: number | undefined;
}

function begin({ service, slices: all }: ServiceView, node: NodeView): Work | undefined {
  if (service === undefined) return undefined;
  const claimed = waysOf(service, node);
  const { slices, leftOut } = usableEndpoints(all, node.reserved);
  // Nearly every Service may have all of its addresses.
  const ways = claimed.some(isRefusedWay) ? claimed.filter((way) => !isRefusedWay(way)) : claimed;
  const tables = hashesByMh(service, node) ? countOf(ways, service) + viewsOf(ways, service) : 0;
  const choice = withinHashTables(service, tables, node);
  return {
    service,
    node,
    slices,
    leftOut,
    claimed,
    ways,
    chosenNode: choice.node,
    shared: new SharedParts(choice, slices),
    allowance: new Allowance(node.maxFrontends),
    frontends: [],
    problems: choice.problem === undefined ? [] : [choice.problem],
    way: 0,
    port: 0,
    cut: undefined,
  };
}

/** Goes on for about so many virtual and real servers; how many it was, which are fewer only at the end. */
function serve(work: Work, most: number): number {
  const { service, ways } = work;
  const { ports } = service;
  let entries = 0;
  for (; work.way < ways.length; work.way++) {
    for (; work.port < ports.length; work.port++) {
      if (entries >= most) return entries;
      const claim = nextFrontend(work);
      if (claim === undefined) continue;
      if (!work.allowance.take(claim)) {
        cut(work, claim);
        return entries;
      }
      work.frontends.push(claim);
      entries += entriesIn(claim);
    }
    work.port = 0;
  }
  return entries;
}

/** The frontend of the port by the way that is next; undefined where there is none. */
function nextFrontend(work: Work): ServiceFrontend | undefined {
  const { service, shared, node, chosenNode, port: index } = work;
  const way = work.ways[work.way] as Way;
  const port = service.ports[index] as ServicePort;
  if (!isShown(port, way)) return undefined;
  const taken = takenPort(service, index, way, node);
  if (taken !== undefined) {
    work.problems.push(taken);
    return undefined;
  }
  return serviceFrontend({ shared, port, index, way, chosen: shared.chosenFor(index, way) }, chosenNode);
}

// Nothing is made of what is not served: ports times addresses may be hundreds of thousands.
function cut(work: Work, next: ServiceFrontend): void {
  const { service, ways, frontends } = work;
  const isUsed = frontends.at(-1)?.frontend.address === ways[work.way]?.address;
  const wanted = countOf(ways, service);
  const numbers = { wanted, served: frontends.length, next: next.frontend.key };
  work.problems.unshift(limitProblem(service, numbers));
  work.cut = work.way + Number(isUsed);
}

function conclude(work: Work): ServiceFrontends {
  const { service, node, slices, leftOut, claimed, ways, frontends, problems, cut: served } = work;
  const isRefused = ways.length < claimed.length;
  const hasRemarks = claimed.some(hasRemark);
  return {
    service,
    isExternal: isExternal(service),
    // Without what a growing array has reserved for more.
    frontends: frontends.slice(),
    vips: boundAddresses(served === undefined ? ways : ways.slice(0, served), service),
    refused: isRefused ? [...claimed.filter(isRefusedWay).map(addressOf), ...leftOut] : leftOut,
    problems:
      hasRemarks || leftOut.length + problems.length > 0
        ? [
            ...addressProblems(service, claimed),
            ...(leftOut.length > 0 ? [endpointProblem(service.key, leftOut)] : []),
            ...problems,
          ]
        : NO_PROBLEMS,
    healthCheck: service.healthCheckNodePort === 0 ? undefined : healthCheckOf(service, slices, node),
  };
}

// Nearly all Services have these and no others, in a list that is there already.
function boundAddresses(ways: readonly Way[], { clusterIPs }: Service): readonly Address[] {
  if (ways.length === clusterIPs.length && ways.every(isBoundClusterIP)) return clusterIPs;
  return ways.filter(({ verdict }) => verdict.use === 'bound').map(addressOf);
}

function addressOf({ address }: Way): Address {
  return address;
}

function hasRemark({ verdict }: Way): boolean {
  return verdict.remark !== undefined;
}

function isBoundClusterIP({ kind, verdict }: Way): boolean {
  return kind === 'cluster' && verdict.use === 'bound';
}

function isRefusedWay({ verdict }: Way): boolean {
  return verdict.use === 'refused';
}

function isShown(port: ServicePort, { kind }: Way): boolean {
  return kind !== 'node' || hasNodePort(port);
}

function countOf(ways: readonly Way[], { ports }: Service): number {
  const nodePorts = ports.filter(hasNodePort).length;
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

/** What the frontends of one Service have in common; what hardly a Service needs is made when it is asked for. */
class SharedParts {
  readonly service: Service;
  readonly settings: VirtualServerSettings;
  readonly #node: NodeView;
  readonly #slices: readonly EndpointSlice[];
  readonly #balancing: Balancing;
  /** By port and family. */
  readonly #choices: (ChosenEndpoints | undefined)[] = [];
  #sources: SourceLists | undefined;
  #offers: OfferedPorts | undefined;

  constructor({ service, node }: HashChoice, slices: readonly EndpointSlice[]) {
    this.service = service;
    this.settings = settingsOf(service, node);
    this.#node = node;
    this.#slices = slices;
    this.#balancing = {
      scheduler: this.settings.scheduler,
      weights: service.weights.length === 0 ? EVEN_WEIGHTS : new WeightTable(service.weights),
      scale: weightScale(service),
    };
  }

  get sources(): SourceLists {
    this.#sources ??= new SourceLists(this.service, this.#node);
    return this.#sources;
  }

  get offers(): OfferedPorts {
    this.#offers ??= new OfferedPorts(this.#slices);
    return this.#offers;
  }

  /** For the port at this place in the Service. */
  chosenFor(index: number, { address }: Way): ChosenEndpoints {
    const family = familyOf(address);
    const place = 2 * index + Number(family === 'IPv6');
    const known = this.#choices[place];
    if (known !== undefined) return known;
    const { ports } = this.service;
    const port = ports[index] as ServicePort;
    const offers = ports.length === 1 ? offersOf(this.#slices, port) : this.offers.of(port);
    const chosen = chooseEndpoints(offers, family, this.#node, this.#balancing);
    this.#choices[place] = chosen;
    return chosen;
  }
}

function healthCheckOf(
  { healthCheckNodePort: port, created, clusterIPs }: Service,
  slices: readonly EndpointSlice[],
  node: NodeView,
): HealthCheckService {
  // A pod that answers in both families is one endpoint: the family that has most of them counts.
  const counts = clusterIPs.map((address) => countLocalReady(slices, familyOf(address), node));
  return { port, localEndpoints: Math.max(0, ...counts), created };
}

const NO_PROBLEMS: readonly Problem[] = [];
