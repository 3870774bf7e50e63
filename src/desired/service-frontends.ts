import { type Address, type Family, familyOf } from '../model/address.js';
import type { ServiceView } from '../model/cluster-view.js';
import type { EndpointSlice } from '../model/endpoint-slice.js';
import type { Problem } from '../model/problem.js';
import { type HealthCheckService, isExternal, type Service, type ServicePort } from '../model/service.js';
import { WeightTable } from '../model/weight-rule.js';
import {
  type Balancing,
  type ChosenEndpoints,
  chooseEndpoints,
  countLocalReady,
  weightScale,
} from './endpoint-choice.js';
import { type HashChoice, withinHashTables } from './hash-tables.js';
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

/**
 * Every address and port by which the Service is reached on this node, with the endpoints that serve it there; in
 * pieces of so many virtual and real servers.
 */
export function* serviceFrontends(
  { service, slices: all }: ServiceView,
  node: NodeView,
): Generator<number, ServiceFrontends> {
  if (service === undefined) return NOTHING;
  const claimed = waysOf(service, node);
  const { slices, leftOut } = usableEndpoints(all, node.reserved);
  // Nearly every Service may have all of its addresses.
  const isRefused = claimed.some(isRefusedWay);
  const ways = isRefused ? claimed.filter((way) => !isRefusedWay(way)) : claimed;
  const { frontends, cut, problems } = yield* frontendsBy(ways, service, slices, node);
  const served = cut === undefined ? ways : ways.slice(0, cut);
  const hasRemarks = claimed.some(({ verdict }) => verdict.remark !== undefined);
  return {
    service,
    isExternal: isExternal(service),
    frontends,
    vips: boundAddresses(served, service),
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

// Nearly all Services have these and no others, in a list that is there already.
function boundAddresses(ways: readonly Way[], { clusterIPs }: Service): readonly Address[] {
  const isBound = ({ verdict }: Way) => verdict.use === 'bound';
  if (ways.length === clusterIPs.length && ways.every((way) => way.kind === 'cluster' && isBound(way)))
    return clusterIPs;
  return ways.filter(isBound).map(({ address }) => address);
}

function isRefusedWay({ verdict }: Way): boolean {
  return verdict.use === 'refused';
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
  const { ports } = service;
  for (let place = 0; place < ways.length; place++) {
    const way = ways[place] as Way;
    for (let index = 0; index < ports.length; index++) {
      const port = ports[index] as ServicePort;
      if (!isShown(port, way)) continue;
      const taken = takenPort(service, index, way, node);
      if (taken !== undefined) {
        problems.push(taken);
        continue;
      }
      const chosen = shared.chosenFor(index, way);
      const claim = serviceFrontend({ shared, port, index, way, chosen }, choice.node);
      if (allowance.take(claim)) {
        frontends.push(claim);
        entries += entriesIn(claim);
        if (entries < ENTRIES_IN_PIECE) continue;
        yield entries;
        entries = 0;
      } else {
        const isUsed = frontends.at(-1)?.frontend.address === way.address;
        const numbers = { wanted, served: frontends.length, next: claim.frontend.key };
        return {
          frontends,
          cut: place + Number(isUsed),
          problems: [limitProblem(service, numbers), ...problems],
        };
      }
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

const NO_PROBLEMS: readonly Problem[] = [];
