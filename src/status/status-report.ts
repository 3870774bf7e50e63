import { inSlices, TimeSlice } from '../model/clock.js';
import type { DataplaneActivity } from '../model/counters.js';
import type { ObservedDataplane } from '../model/dataplane.js';
import type { Frontend, FrontendKey } from '../model/frontend.js';
import { sortedInPieces } from '../model/sorted-in-pieces.js';
import type {
  AgentStatus,
  FrontendStatus,
  RealServerStatus,
  StatusCounts,
  StatusReport,
  UnmetStatus,
  VirtualServerStatus,
  WatchedResource,
} from '../model/status-report.js';
import type { SyncState, UnmetFrontend } from '../model/sync-state.js';
import type { VirtualServer } from '../model/virtual-server.js';
import type { ResourceStatistics, WatchStatistics } from '../model/watch-statistics.js';
import { DrainTimes } from './drain-times.js';

/** Virtual servers between two looks at the clock. */
const SERVERS_PER_LOOK = 16;

/** What the kernel has, as one full look found it. */
interface KernelView {
  readonly dataplane: ObservedDataplane;
  readonly activity: DataplaneActivity;
  readonly foreign: readonly VirtualServer[];
}

/** What only the running agent knows. */
interface AgentView {
  readonly version: string;
  readonly node: string | undefined;
  /** What the kernel was found to have. */
  readonly kernel: string;
  /** Undefined where the source is a folder. */
  readonly watch: WatchStatistics | undefined;
  readonly state: SyncState;
  readonly unmet: readonly UnmetFrontend[];
  readonly withoutEndpoints: readonly Refused[];
  readonly nodeLocal: readonly Pick<Refused, 'owner' | 'frontend'>[];
}

interface Refused {
  readonly owner: string;
  readonly frontend: Frontend;
  /** What the slices offer instead. */
  readonly offered?: string;
}

/**
 * Joins what the kernel has with what the agent knows; without an agent the ledger still names the Services. Gives way
 * to everything else where there is much: 100,000 real servers take a fifth of a second.
 */
export async function statusReport(
  kernel: KernelView,
  agent: AgentView | undefined,
  slice = new TimeSlice(performance, SERVERS_PER_LOOK),
): Promise<StatusReport> {
  const drains = new DrainTimes(agent?.state.drains ?? []);
  const unmet = unmetByKey(agent?.unmet ?? []);
  const servers: VirtualServerStatus[] = [];
  for (const server of [...kernel.dataplane.virtualServers.values()]) {
    servers.push(ownServer(server, kernel, drains, unmet));
    if (slice.over) await slice.yieldTurn();
  }
  for (const server of kernel.foreign)
    servers.push({ ...virtualServer(server, kernel, drains), state: 'foreign' });
  return {
    ...(await shortReport(kernel.dataplane, agent, slice)),
    virtualServers: await inSlices(sortedInPieces(servers, byServiceAndFrontend), slice),
  };
}

/** The same without the virtual servers, which are only counted. */
async function shortReport(
  dataplane: ObservedDataplane,
  agent: AgentView | undefined,
  slice: TimeSlice,
): Promise<StatusReport> {
  const unmet = await inSlices(unmetStatuses(agent?.unmet ?? []), slice);
  return {
    version: 1,
    agent: agent === undefined ? undefined : agentStatus(agent),
    counts: await inSlices(countsOf(dataplane), slice),
    virtualServers: [],
    unmet,
    withoutEndpoints: (agent?.withoutEndpoints ?? []).map(({ owner, frontend, offered }) => ({
      ...frontendStatus(frontend, owner),
      ...(offered !== undefined && { offered }),
    })),
    nodeLocal: (agent?.nodeLocal ?? []).map(({ owner, frontend }) => frontendStatus(frontend, owner)),
  };
}

function* countsOf({ virtualServers, foreign }: ObservedDataplane): Generator<void, StatusCounts> {
  let realServers = 0;
  let draining = 0;
  for (const server of virtualServers.values()) {
    for (const { weight } of server.realServers) {
      realServers++;
      if (weight === 0) draining++;
    }
    yield;
  }
  return { virtualServers: virtualServers.size + foreign.size, realServers, draining, foreign: foreign.size };
}

function agentStatus({ version, state, node, kernel, watch }: AgentView): AgentStatus {
  const { complete, synced, services, totals, lastPass, auditRound, problems, drains } = state;
  return {
    version,
    complete,
    synced,
    services,
    totals,
    lastPassSeconds: lastPass === undefined ? undefined : lastPass.milliseconds / 1000,
    lagSeconds: lastPass?.lag === undefined ? undefined : lastPass.lag / 1000,
    auditRoundSeconds: Math.round(auditRound / 1000),
    drains: drains.length,
    watch: watch?.resources.map(watchedResource),
    node,
    nodeVersion: process.version,
    kernel,
    problems,
  };
}

function watchedResource({ restarts, ...statistics }: ResourceStatistics): WatchedResource {
  const { resource, objects, complete, events, served } = statistics;
  let failures = 0;
  for (const [reason, count] of Object.entries(restarts)) if (reason !== 'ended') failures += count;
  return { resource, objects, complete, events, served, failures };
}

function ownServer(
  server: VirtualServer,
  kernel: KernelView,
  drains: DrainTimes,
  unmet: ReadonlyMap<FrontendKey, UnmetFrontend>,
): VirtualServerStatus {
  const { key } = server.frontend;
  const owner = kernel.dataplane.policy.owned.get(key)?.owner;
  const stands = kernel.dataplane.policy.open.has(key) ? 'programmed' : 'draining';
  const state = unmet.get(key)?.state ?? stands;
  return { ...virtualServer(server, kernel, drains), service: owner, state };
}

// In conflict is the Service that does not have the frontend; what the kernel has is the other's.
function unmetByKey(unmet: readonly UnmetFrontend[]): ReadonlyMap<FrontendKey, UnmetFrontend> {
  const own = unmet.filter(({ state }) => state !== 'conflict');
  return new Map(own.map((entry) => [entry.frontend.key, entry]));
}

function* unmetStatuses(unmet: readonly UnmetFrontend[]): Generator<void, UnmetStatus[]> {
  const statuses: UnmetStatus[] = [];
  for (const each of unmet) yield void statuses.push(unmetStatus(each));
  return yield* sortedInPieces(statuses, byServiceAndFrontend);
}

function unmetStatus({ frontend, owner, state, reason }: UnmetFrontend): UnmetStatus {
  return { ...frontendStatus(frontend, owner), state, reason };
}

function virtualServer(server: VirtualServer, kernel: KernelView, drains: DrainTimes) {
  const { frontend, settings, realServers } = server;
  const activity = kernel.activity.get(frontend.key);
  return {
    ...frontendStatus(frontend, undefined),
    scheduler: settings.scheduler,
    persistenceTimeout: settings.persistenceTimeout,
    realServers: [...realServers].map((real): RealServerStatus => {
      const { key, address, port, weight } = real;
      const { active, inactive } = activity?.get(key) ?? { active: 0, inactive: 0 };
      const drainSecondsLeft = drains.of(frontend.key, real);
      return { key, address, port, weight, active, inactive, drainSecondsLeft };
    }),
  };
}

function frontendStatus(frontend: Frontend, service: string | undefined): FrontendStatus {
  const { key, address, port, protocol } = frontend;
  return { service, frontend: key, address, port, protocol };
}

function byServiceAndFrontend(a: FrontendStatus, b: FrontendStatus): number {
  return compare(a.service ?? '~', b.service ?? '~') || compare(a.frontend, b.frontend);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/**
 * Makes reports for everyone who asks, one look at the kernel at a time: who asks while a look is under way gets the
 * answer of that look.
 */
export class StatusSource {
  readonly #look: () => Promise<KernelView>;
  readonly #agent: (slice: TimeSlice) => Promise<AgentView>;
  #current: Promise<StatusReport> | undefined;

  constructor(look: () => Promise<KernelView>, agent: (slice: TimeSlice) => Promise<AgentView>) {
    this.#look = look;
    this.#agent = agent;
  }

  /** Without the virtual servers and without a look at the kernel: `image` is what it has acknowledged. */
  async short(image: ObservedDataplane): Promise<StatusReport> {
    const slice = new TimeSlice(performance, SERVERS_PER_LOOK);
    return shortReport(image, await this.#agent(slice), slice);
  }

  report(): Promise<StatusReport> {
    this.#current ??= this.#make().finally(() => {
      this.#current = undefined;
    });
    return this.#current;
  }

  async #make(): Promise<StatusReport> {
    const slice = new TimeSlice(performance, SERVERS_PER_LOOK);
    const kernel = await this.#look();
    return statusReport(kernel, await this.#agent(slice), slice);
  }
}
