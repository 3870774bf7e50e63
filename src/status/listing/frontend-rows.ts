import { type Family, familyOf } from '../../model/address.js';
import { TimeSlice } from '../../model/clock.js';
import { type DataplaneTraffic, type FrontendActivity, NO_TRAFFIC } from '../../model/counters.js';
import type { Endpoint, EndpointSlice } from '../../model/endpoint-slice.js';
import { type Frontend, type FrontendKey, isInside } from '../../model/frontend.js';
import { leftOutReason } from '../../model/left-out.js';
import type { RealServer } from '../../model/real-server.js';
import { sameSettings, type VirtualServer } from '../../model/virtual-server.js';
import { DrainTimes } from '../drain-times.js';
import {
  type FrontendRow,
  type LeftOutEndpoint,
  ROW_TYPES,
  type RowState,
  type ServerCounts,
  type ServerRow,
} from './frontend-row.js';
import {
  type ListedAgent,
  type ListedClaim,
  type ListedKernel,
  type RowFilter,
  type RowPlace,
  rowPlaces,
} from './row-places.js';

interface RowParts {
  readonly kernel: ListedKernel;
  /** Undefined where no agent runs: then the ledger names the Services. */
  readonly agent: ListedAgent | undefined;
  /** Undefined where nobody asked for it. */
  readonly traffic: DataplaneTraffic | undefined;
  readonly filter: RowFilter;
  /** With the servers themselves, and the endpoints that are none. */
  readonly withServers: boolean;
}

const ROWS_PER_BATCH = 64;

/** The rows in the order of Services and frontends, in batches; gives way to everything else in between. */
export async function* frontendRows(parts: RowParts): AsyncGenerator<FrontendRow[]> {
  const rows = new RowMaker(parts);
  const places = rowPlaces(parts);
  const slice = new TimeSlice(performance);
  for (let start = 0; start < places.length; start += ROWS_PER_BATCH) {
    yield places.slice(start, start + ROWS_PER_BATCH).map((place) => rows.rowOf(place));
    if (slice.over) await slice.yieldTurn();
  }
}

class RowMaker {
  readonly #parts: RowParts;
  readonly #serverRows: ServerRows;

  constructor(parts: RowParts) {
    this.#parts = parts;
    this.#serverRows = new ServerRows(parts.agent);
  }

  rowOf(place: RowPlace): FrontendRow {
    const { frontend, owner, server, offered } = place;
    const claim = place.isForeign ? undefined : this.#parts.agent?.desired.holderOf(frontend.key);
    const activity = this.#parts.kernel.activity.get(frontend.key);
    const state = this.#stateOf(place);
    const { service, port } = named(claim?.owner ?? owner, claim);
    const { traffic, withServers } = this.#parts;
    return {
      service,
      port,
      type: claim === undefined ? null : ROW_TYPES[claim.kind],
      frontend: frontend.key,
      address: frontend.address,
      portNumber: frontend.port,
      protocol: frontend.protocol,
      clients: isInside(frontend) ? 'inside' : 'all',
      trafficPolicy: claim === undefined ? null : policyOf(claim),
      scheduler: server?.settings.scheduler ?? null,
      persistenceSeconds: server?.settings.persistenceTimeout ?? 0,
      state,
      reason: this.#reasonOf(place, state, offered),
      counts: countsOf(server, activity),
      ...(withServers && this.#details(place, claim, activity)),
      ...(traffic !== undefined && { traffic: traffic.get(frontend.key) ?? NO_TRAFFIC }),
    };
  }

  #stateOf({ frontend, server, unmet, isForeign, isNodeLocal }: RowPlace): RowState {
    if (isForeign) return 'foreign';
    if (isNodeLocal) return 'node-local';
    if (unmet !== undefined) return unmet.state;
    if (this.#isDrift(frontend, server)) return 'drift';
    if (server === undefined) return 'programmed';
    return this.#parts.kernel.dataplane.policy.open.has(frontend.key) ? 'programmed' : 'draining';
  }

  #isDrift({ key }: Frontend, server: VirtualServer | undefined): boolean {
    const { agent } = this.#parts;
    if (agent === undefined) return false;
    const written = agent.image.virtualServers.get(key);
    return written !== undefined ? server === undefined || !isSame(written, server) : false;
  }

  #reasonOf(
    { frontend, server, unmet }: RowPlace,
    state: RowState,
    offered: string | undefined,
  ): string | null {
    if (unmet?.reason !== undefined) return unmet.reason;
    if (state === 'drift')
      return server === undefined ? 'another program removed it' : 'another program changed it';
    if (state === 'node-local') return 'a process of this node listens there';
    if (server !== undefined || state !== 'programmed') return null;
    const claim = this.#parts.agent?.desired.holderOf(frontend.key);
    if (offered !== undefined) return `no endpoint: its EndpointSlices offer ${offered} instead`;
    return claim === undefined ? null : 'no usable endpoint: new connections are refused';
  }

  #details(
    { frontend, server, isForeign }: RowPlace,
    claim: ListedClaim | undefined,
    activity: FrontendActivity | undefined,
  ) {
    const { agent } = this.#parts;
    const servers = [...(server?.realServers ?? [])].map((real) =>
      this.#serverRows.rowOf(frontend.key, real, activity),
    );
    if (agent === undefined || claim === undefined || isForeign) return { servers, leftOut: [] };
    const port = claim.service.ports[claim.portIndex];
    const leftOut = leftOutEndpoints({
      slices: agent.slicesOf(claim.service.key),
      family: familyOf(frontend.address),
      port: { name: port?.name ?? '', protocol: frontend.protocol },
      isLocalOnly: policyOf(claim) === 'Local' && !isInside(frontend),
      node: agent.node,
      server: agent.desired.virtualServers.get(frontend.key) ?? server,
    });
    return { servers, leftOut };
  }
}

function isSame(a: VirtualServer, b: VirtualServer): boolean {
  return sameSettings(a.settings, b.settings) && a.realServers.areThese(b.realServers);
}

function policyOf({ kind, service }: ListedClaim) {
  return kind === 'cluster' ? service.internalPolicy : service.externalPolicy;
}

// The ledger's owner is `namespace/name:port`; it may be cut, so that the Service's own words come first.
function named(
  owner: string | undefined,
  claim: ListedClaim | undefined,
): { service: string | null; port: string } {
  const [service = null, port = ''] = owner?.split(':', 2) ?? [];
  if (claim === undefined) return { service, port };
  return { service: claim.service.key, port: claim.service.ports[claim.portIndex]?.name ?? '' };
}

function countsOf(server: VirtualServer | undefined, activity: FrontendActivity | undefined): ServerCounts {
  let taking = 0;
  for (const { weight } of server?.realServers ?? []) if (weight > 0) taking++;
  let active = 0;
  let inactive = 0;
  for (const one of activity?.values() ?? []) {
    active += one.active;
    inactive += one.inactive;
  }
  return { servers: server?.realServers.size ?? 0, taking, active, inactive };
}

interface LeftOutQuestion {
  readonly slices: readonly EndpointSlice[];
  readonly family: Family;
  readonly port: { readonly name: string; readonly protocol: string };
  /** Endpoints of this node alone are used. */
  readonly isLocalOnly: boolean;
  /** This node's name. */
  readonly node: string | undefined;
  readonly server: VirtualServer | undefined;
}

/** The endpoints of a Service that are no servers of its frontend, each once, and why. */
function leftOutEndpoints(question: LeftOutQuestion): LeftOutEndpoint[] {
  const used = new Set([...(question.server?.realServers ?? [])].map(({ address }) => address));
  const found = new Map<string, LeftOutEndpoint>();
  for (const slice of question.slices)
    for (const endpoint of slice.endpoints)
      if (!used.has(endpoint.address) && !found.has(endpoint.address))
        found.set(endpoint.address, {
          address: endpoint.address,
          reason: reasonOf(endpoint, slice, question),
        });
  return [...found.values()];
}

function reasonOf(endpoint: Endpoint, slice: EndpointSlice, question: LeftOutQuestion): string {
  const { family, port, isLocalOnly, node } = question;
  if (slice.family !== family) return `its address is ${slice.family}`;
  if (!slice.ports.some(({ name, protocol }) => name === port.name && protocol === port.protocol))
    return port.name === ''
      ? `its slice has no ${port.protocol} port`
      : `its slice has no port "${port.name}"/${port.protocol}`;
  const isElsewhere = isLocalOnly && endpoint.node !== node;
  return leftOutReason(endpoint, isElsewhere) ?? 'no server can have this address on this node';
}

/** The servers of frontends as rows: each with its state, and why it takes no connections, or fewer. */
class ServerRows {
  readonly #agent: ListedAgent | undefined;
  readonly #drains: DrainTimes;

  constructor(agent: ListedAgent | undefined) {
    this.#agent = agent;
    this.#drains = new DrainTimes(agent?.drains ?? []);
  }

  rowOf(key: FrontendKey, real: RealServer, activity: FrontendActivity | undefined): ServerRow {
    const { address, port, weight } = real;
    const { active, inactive } = activity?.get(real.key) ?? { active: 0, inactive: 0 };
    const left = this.#drains.of(key, real) ?? null;
    const written = this.#agent?.image.virtualServers.get(key)?.realServers.find(real);
    const wanted = this.#agent?.desired.virtualServers.get(key)?.realServers.find(real);
    const { state, reason } = stateOf(real, { written, wanted, left, isKnown: this.#agent !== undefined });
    return { address, port, weight, active, inactive, state, reason, drainSecondsLeft: left };
  }
}

interface ServerEvidence {
  readonly written: RealServer | undefined;
  readonly wanted: RealServer | undefined;
  readonly left: number | null;
  readonly isKnown: boolean;
}

function stateOf({ weight }: RealServer, evidence: ServerEvidence): Pick<ServerRow, 'state' | 'reason'> {
  const { written, wanted, left, isKnown } = evidence;
  if (left !== null) return { state: 'draining', reason: `draining, ${left} s left` };
  if (!isKnown) return { state: 'programmed', reason: weight === 0 ? 'takes no new connections' : null };
  if (written === undefined) return { state: 'drift', reason: 'another program added it' };
  if (written.weight !== weight)
    return { state: 'drift', reason: `another program changed its weight; ${written.weight} was written` };
  if (wanted === undefined) return { state: 'pending', reason: 'no endpoint any more' };
  if (wanted.weight > weight)
    return { state: 'programmed', reason: `slow start; its full weight is ${wanted.weight}` };
  if (wanted.weight !== weight) return { state: 'pending', reason: `its weight will be ${wanted.weight}` };
  return { state: 'programmed', reason: weight === 0 ? 'weight 0 by annotation' : null };
}
