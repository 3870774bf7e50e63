import type { Address } from './address.js';
import type { FrontendKey } from './frontend.js';
import type { SingleOperation } from './operation.js';
import type { Problem } from './problem.js';
import type { Protocol } from './protocol.js';
import type { RealServerKey } from './real-server.js';
import type { FrontendStateName, SyncTotals, UnmetFrontend } from './sync-state.js';
import type { ResourceStatistics } from './watch-statistics.js';

/**
 * What `status` shows. Keys are stable: `version` grows when one of them changes its meaning or goes.
 * Durations are in seconds.
 */
export interface StatusReport {
  readonly version: 1;
  /** Undefined when the agent does not run: then all else was read from the kernel alone. */
  readonly agent: AgentStatus | undefined;
  /** Why the kernel could not be read where no agent answers; then nothing is counted. */
  readonly kernelFailure?: string;
  /** How much there is, also where the lists are left out. */
  readonly counts: StatusCounts;
  readonly virtualServers: readonly VirtualServerStatus[];
  /**
   * Frontends that are pending, refused, foreign or in conflict, whether the kernel has something there or not. Of one
   * Service ten in conflict; its problems say how many more.
   */
  readonly unmet: readonly UnmetStatus[];
  /** Frontends that refuse new connections because their Service has no usable endpoint. */
  readonly withoutEndpoints: readonly RefusedStatus[];
  /** Frontends that are left to a process of the node that listens there. */
  readonly nodeLocal?: readonly FrontendStatus[];
}

export interface StatusCounts {
  readonly virtualServers: number;
  readonly realServers: number;
  /** Of these, those that take no new connections. */
  readonly draining: number;
  readonly foreign: number;
}

interface RefusedStatus extends FrontendStatus {
  /** Where no EndpointSlice has the port of this name and protocol: which they have, such as `"web"/TCP`. */
  readonly offered?: string;
}

export interface AgentStatus {
  readonly version: string;
  /** The source has sent everything once. */
  readonly complete: boolean;
  /** The kernel has acknowledged everything that is desired. */
  readonly synced: boolean;
  readonly services: number;
  readonly totals: SyncTotals;
  readonly lastPassSeconds: number | undefined;
  /** From the oldest change of the last pass to the last acknowledgement of the kernel. */
  readonly lagSeconds: number | undefined;
  /** Servers that drain until they are removed. */
  readonly drains: number;
  /** What is watched of the API server; undefined where the source is a folder. */
  readonly watch: readonly WatchedResource[] | undefined;
  readonly node: string | undefined;
  readonly nodeVersion: string;
  /** What the kernel was found to have at the start. */
  readonly kernel: string;
  /** Within this time whatever others change is found and put right. */
  readonly auditRoundSeconds: number;
  readonly problems: readonly Problem[];
}

export type WatchedResource = Pick<
  ResourceStatistics,
  'resource' | 'objects' | 'complete' | 'events' | 'served'
> & {
  /** Ends of a listing or watch that were not orderly. */
  readonly failures: number;
};

export interface FrontendStatus {
  /** `namespace/name:port` from the ledger; undefined for a virtual server of another program. */
  readonly service: string | undefined;
  readonly frontend: FrontendKey;
  readonly address: Address;
  readonly port: number;
  readonly protocol: Protocol;
}

export interface VirtualServerStatus extends FrontendStatus {
  /**
   * `foreign`: it is another program's, wanted by a Service or not. `conflict` is never the state of a virtual server.
   */
  readonly state: FrontendStateName;
  readonly scheduler: string;
  /** 0 without session affinity. */
  readonly persistenceTimeout: number;
  readonly realServers: readonly RealServerStatus[];
}

/** A frontend that a Service wants and does not have as it wants it. */
export interface UnmetStatus extends FrontendStatus {
  readonly state: UnmetFrontend['state'];
  /** The kernel's own words, or who has it instead; undefined where it is only a matter of time. */
  readonly reason: string | undefined;
}

export interface RealServerStatus {
  readonly key: RealServerKey;
  readonly address: Address;
  readonly port: number;
  readonly weight: number;
  readonly active: number;
  readonly inactive: number;
  /** Time until a draining server goes even if connections remain; undefined for one that does not drain. */
  readonly drainSecondsLeft: number | undefined;
}

/** What the commands that end by themselves report: `plan`, `cleanup` and `--init-only`. */

/** `plan`: what a first pass would do now. */
export interface Rehearsal {
  /** What would be made ready first, one sentence each. */
  readonly preparation: readonly string[];
  readonly operations: readonly SingleOperation[];
  readonly problems: readonly Problem[];
}

export interface CleanupReport {
  /** What was removed, one sentence each. */
  readonly done: readonly string[];
  /** Virtual servers of other programs that were left alone. */
  readonly foreign: number;
  readonly problems: readonly Problem[];
}

/** `--init-only`: what was set up, and what is not as it should be though the work can go on; one sentence each. */
export interface PreparationReport {
  readonly done: readonly string[];
  readonly warnings: readonly string[];
  /** Without these Services do not work as they should. */
  readonly lacking?: readonly string[];
}
