import type { DataplaneActivity } from '../model/activity.js';
import type { ObservedDataplane } from '../model/dataplane.js';
import type { Frontend, FrontendKey } from '../model/frontend.js';
import type { RealServerKey } from '../model/real-server.js';
import type {
  AgentStatus,
  FrontendStatus,
  RealServerStatus,
  StatusReport,
  VirtualServerStatus,
  VirtualServerSync,
} from '../model/status-report.js';
import type { DrainState, SyncState } from '../model/sync-state.js';
import { TimeSlice } from '../model/time-slice.js';
import type { VirtualServer } from '../model/virtual-server.js';

/** Virtual servers between two looks at the clock. */
const SERVERS_PER_LOOK = 16;

/** What the kernel has, as one full look found it. */
export interface KernelView {
  readonly dataplane: ObservedDataplane;
  readonly activity: DataplaneActivity;
  readonly foreign: readonly VirtualServer[];
}

/** What only the running agent knows. */
export interface AgentView {
  readonly version: string;
  readonly state: SyncState;
  readonly withoutEndpoints: readonly Refused[];
}

interface Refused {
  readonly owner: string;
  readonly frontend: Frontend;
  /** What the slices offer instead. */
  readonly offered?: string;
}

/**
 * Joins what the kernel has with what the agent knows; without an agent the ledger still names the Services. Gives way to
 * everything else where there is much: 100,000 real servers take a fifth of a second.
 */
export async function statusReport(
  kernel: KernelView,
  agent: AgentView | undefined,
  slice = new TimeSlice(performance, SERVERS_PER_LOOK),
): Promise<StatusReport> {
  const drains = drainIndex(agent?.state.drains ?? []);
  const troubled = new Set(agent?.state.problems.flatMap(({ service }) => service ?? []));
  const servers: VirtualServerStatus[] = [];
  for (const server of [...kernel.dataplane.virtualServers.values()]) {
    servers.push(ownServer(server, kernel, drains, troubled));
    if (slice.over) await slice.rest();
  }
  for (const server of kernel.foreign)
    servers.push({ ...virtualServer(server, kernel, drains), state: 'foreign' });
  return {
    version: 1,
    agent: agent === undefined ? undefined : agentStatus(agent),
    virtualServers: servers.sort(byServiceAndFrontend),
    withoutEndpoints: (agent?.withoutEndpoints ?? []).map(({ owner, frontend, offered }) => ({
      ...frontendStatus(frontend, owner),
      ...(offered !== undefined && { offered }),
    })),
  };
}

type DrainIndex = ReadonlyMap<FrontendKey, ReadonlyMap<RealServerKey, number>>;

function drainIndex(drains: readonly DrainState[]): DrainIndex {
  const index = new Map<FrontendKey, Map<RealServerKey, number>>();
  for (const { frontend, server, left } of drains) {
    const servers = index.get(frontend) ?? new Map<RealServerKey, number>();
    index.set(frontend, servers.set(server, Math.ceil(left / 1000)));
  }
  return index;
}

function agentStatus({ version, state }: AgentView): AgentStatus {
  const { complete, synced, services, totals, lastPass, auditRound, problems } = state;
  const lastPassSeconds = lastPass === undefined ? undefined : lastPass.milliseconds / 1000;
  const auditRoundSeconds = Math.round(auditRound / 1000);
  return { version, complete, synced, services, totals, lastPassSeconds, auditRoundSeconds, problems };
}

function ownServer(
  server: VirtualServer,
  kernel: KernelView,
  drains: DrainIndex,
  troubled: ReadonlySet<string>,
): VirtualServerStatus {
  const { key } = server.frontend;
  const owner = kernel.dataplane.policy.owned.get(key)?.owner;
  const state = syncOf(kernel.dataplane.policy.open.has(key), serviceOf(owner), troubled);
  return { ...virtualServer(server, kernel, drains), service: owner, state };
}

function syncOf(
  open: boolean,
  service: string | undefined,
  troubled: ReadonlySet<string>,
): VirtualServerSync {
  if (service !== undefined && troubled.has(service)) return 'error';
  return open ? 'programmed' : 'draining';
}

// The owner in the ledger is `namespace/name:port`; neither name may contain a colon (RFC 1123 labels).
function serviceOf(owner: string | undefined): string | undefined {
  return owner?.split(':')[0];
}

function virtualServer(server: VirtualServer, kernel: KernelView, drains: DrainIndex) {
  const { frontend, settings, realServers } = server;
  const activity = kernel.activity.get(frontend.key);
  const left = drains.get(frontend.key);
  return {
    ...frontendStatus(frontend, undefined),
    scheduler: settings.scheduler,
    persistenceTimeout: settings.persistenceTimeout,
    realServers: [...realServers].map(({ key, address, port, weight }): RealServerStatus => {
      const { active, inactive } = activity?.get(key) ?? { active: 0, inactive: 0 };
      return { key, address, port, weight, active, inactive, drainSecondsLeft: left?.get(key) };
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
