import { familyOf } from '../../model/address.js';
import type { ClaimKind } from '../../model/claim.js';
import { TimeSlice } from '../../model/clock.js';
import {
  type DataplaneActivity,
  type DataplaneTraffic,
  type FrontendActivity,
  NO_TRAFFIC,
} from '../../model/counters.js';
import type { Dataplane } from '../../model/dataplane.js';
import type { EndpointSlice } from '../../model/endpoint-slice.js';
import { type Frontend, type FrontendKey, isInside } from '../../model/frontend.js';
import type { RealServer, RealServerKey } from '../../model/real-server.js';
import type { Service } from '../../model/service.js';
import type { ServiceKey } from '../../model/service-key.js';
import type { DrainState, UnmetFrontend } from '../../model/sync-state.js';
import { sameSettings, type VirtualServer } from '../../model/virtual-server.js';
import {
  type FrontendRow,
  ROW_TYPES,
  type RowState,
  type ServerCounts,
  type ServerRow,
} from './frontend-row.js';
import { leftOutEndpoints } from './left-out.js';

/** What the kernel has of the frontends that are listed. */
export interface ListedKernel {
  readonly dataplane: Pick<Dataplane, 'virtualServers' | 'policy'>;
  readonly activity: DataplaneActivity;
  readonly foreign: readonly VirtualServer[];
}

/** What only the running agent knows. */
export interface ListedAgent {
  /** What this program wrote and the kernel has acknowledged. */
  readonly image: Pick<Dataplane, 'virtualServers'>;
  readonly desired: Pick<Dataplane, 'virtualServers'> & {
    holderOf(key: FrontendKey): ListedClaim | undefined;
  };
  /** Frontends that refuse connections because their Service has no usable endpoint. */
  readonly withoutEndpoints: readonly {
    readonly frontend: Frontend;
    readonly owner: string;
    readonly offered?: string;
  }[];
  readonly unmet: readonly UnmetFrontend[];
  readonly drains: readonly DrainState[];
  slicesOf(service: ServiceKey): readonly EndpointSlice[];
  /** This node's name. */
  readonly node: string | undefined;
}

/** A frontend as its Service asks for it. */
export interface ListedClaim {
  readonly owner: string;
  readonly service: Pick<Service, 'key' | 'ports' | 'internalPolicy' | 'externalPolicy'>;
  readonly kind: ClaimKind;
  readonly portIndex: number;
}

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

export type RowFilter = (row: { readonly owner: string | undefined; readonly frontend: Frontend }) => boolean;

const ROWS_PER_BATCH = 64;

/** The rows in the order of Services and frontends, in batches; gives way to everything else in between. */
export async function* frontendRows(parts: RowParts): AsyncGenerator<FrontendRow[]> {
  const rows = new RowMaker(parts);
  const places = rows.places().sort(byOwnerAndFrontend);
  const slice = new TimeSlice(performance);
  for (let start = 0; start < places.length; start += ROWS_PER_BATCH) {
    yield places.slice(start, start + ROWS_PER_BATCH).map((place) => rows.rowOf(place));
    if (slice.over) await slice.yieldTurn();
  }
}

/** Where a row comes from: what the kernel has there, and what a Service wants there. */
interface RowPlace {
  readonly frontend: Frontend;
  readonly owner: string | undefined;
  readonly server: VirtualServer | undefined;
  readonly isForeign: boolean;
  /** Of a Service that does not have the frontend as it wants it. */
  readonly unmet: UnmetFrontend | undefined;
  readonly offered: string | undefined;
}

class RowMaker {
  readonly #parts: RowParts;
  readonly #unmet: ReadonlyMap<FrontendKey, UnmetFrontend>;
  readonly #drains: ReadonlyMap<FrontendKey, ReadonlyMap<RealServerKey, number>>;

  constructor(parts: RowParts) {
    this.#parts = parts;
    const unmet = parts.agent?.unmet ?? [];
    this.#unmet = new Map(
      unmet.filter(({ state }) => state !== 'conflict').map((one) => [one.frontend.key, one]),
    );
    this.#drains = drainIndex(parts.agent?.drains ?? []);
  }

  places(): RowPlace[] {
    const { kernel, filter } = this.#parts;
    const places: RowPlace[] = [];
    const add = (place: RowPlace) => {
      if (filter(place)) places.push(place);
    };
    for (const server of kernel.dataplane.virtualServers.values()) add(this.#standing(server));
    for (const server of kernel.foreign) add(this.#foreign(server));
    for (const place of this.#absent()) add(place);
    return places;
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

  #standing(server: VirtualServer): RowPlace {
    const { frontend } = server;
    const owner = this.#parts.kernel.dataplane.policy.owned.get(frontend.key)?.owner;
    return { ...NOTHING, frontend, owner, server, unmet: this.#unmet.get(frontend.key) };
  }

  #foreign(server: VirtualServer): RowPlace {
    const { frontend } = server;
    const unmet = this.#unmet.get(frontend.key);
    return { ...NOTHING, frontend, owner: unmet?.owner, server, isForeign: true, unmet };
  }

  // What a Service wants and the kernel does not have, and what it may not have since another Service has it.
  *#absent(): Generator<RowPlace> {
    const { agent, kernel } = this.#parts;
    const foreign = new Set(kernel.foreign.map(({ frontend }) => frontend.key));
    const has = ({ key }: Frontend) => kernel.dataplane.virtualServers.has(key) || foreign.has(key);
    for (const unmet of agent?.unmet ?? []) {
      const { frontend, owner, state } = unmet;
      if (state === 'conflict' || !has(frontend)) yield { ...NOTHING, frontend, owner, unmet };
    }
    for (const { frontend, owner, offered } of agent?.withoutEndpoints ?? [])
      if (!has(frontend)) yield { ...NOTHING, frontend, owner, offered };
    for (const [key, { frontend }] of agent?.image.virtualServers ?? [])
      if (!has(frontend) && !this.#unmet.has(key))
        yield { ...NOTHING, frontend, owner: agent?.desired.holderOf(key)?.owner };
  }

  #stateOf({ frontend, server, unmet, isForeign }: RowPlace): RowState {
    if (isForeign) return 'foreign';
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
      this.#serverRow(frontend.key, real, activity),
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

  #serverRow(key: FrontendKey, real: RealServer, activity: FrontendActivity | undefined): ServerRow {
    const { address, port, weight } = real;
    const { active, inactive } = activity?.get(real.key) ?? { active: 0, inactive: 0 };
    const left = this.#drains.get(key)?.get(real.key) ?? null;
    const written = this.#parts.agent?.image.virtualServers.get(key)?.realServers.find(real);
    const wanted = this.#parts.agent?.desired.virtualServers.get(key)?.realServers.find(real);
    const { state, reason } = judged(real, {
      written,
      wanted,
      left,
      isKnown: this.#parts.agent !== undefined,
    });
    return { address, port, weight, active, inactive, state, reason, drainSecondsLeft: left };
  }
}

const NOTHING = {
  owner: undefined,
  server: undefined,
  isForeign: false,
  unmet: undefined,
  offered: undefined,
} as const;

interface ServerEvidence {
  readonly written: RealServer | undefined;
  readonly wanted: RealServer | undefined;
  readonly left: number | null;
  readonly isKnown: boolean;
}

function judged({ weight }: RealServer, evidence: ServerEvidence): Pick<ServerRow, 'state' | 'reason'> {
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

function isSame(a: VirtualServer, b: VirtualServer): boolean {
  if (!sameSettings(a.settings, b.settings) || a.realServers.size !== b.realServers.size) return false;
  for (const server of a.realServers) if (b.realServers.find(server)?.weight !== server.weight) return false;
  return true;
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

function drainIndex(
  drains: readonly DrainState[],
): ReadonlyMap<FrontendKey, ReadonlyMap<RealServerKey, number>> {
  const index = new Map<FrontendKey, Map<RealServerKey, number>>();
  for (const { frontend, server, left } of drains) {
    const servers = index.get(frontend) ?? new Map<RealServerKey, number>();
    index.set(frontend, servers.set(server, Math.ceil(left / 1000)));
  }
  return index;
}

function byOwnerAndFrontend(a: RowPlace, b: RowPlace): number {
  return compare(a.owner ?? '~', b.owner ?? '~') || compare(a.frontend.key, b.frontend.key);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
