import type { Frontend, FrontendKey } from './frontend.js';
import type { OperationKind } from './operation.js';
import type { Problem } from './problem.js';
import type { RealServerKey } from './real-server.js';

/** How far the kernel is from what the source says, at one moment. */
export interface SyncState {
  /** The source has sent everything once. */
  readonly complete: boolean;
  /** The kernel has acknowledged everything that is desired. */
  readonly synced: boolean;
  readonly services: number;
  /** All that are known, from every part of the agent: ten of each subject. */
  readonly problems: readonly Problem[];
  readonly drains: readonly DrainState[];
  /** ClusterIPs and NodePorts of Services that another program's virtual servers hold on this node. */
  readonly withheld: readonly FrontendKey[];
  /** Milliseconds in which everything that is programmed is compared once with the kernel. */
  readonly auditRound: number;
  readonly totals: SyncTotals;
  readonly lastPass: PassReport | undefined;
}

export interface DrainState {
  readonly frontend: FrontendKey;
  readonly server: RealServerKey;
  /** Milliseconds until it goes even if connections remain. */
  readonly left: number;
}

/** Counters since the agent's start. */
export interface SyncTotals {
  readonly passes: number;
  readonly operations: number;
  readonly refused: number;
  /** Things of ours that others had changed or removed. */
  readonly drift: number;
}

/** One pass of the reconcile loop. */
export interface PassReport {
  readonly milliseconds: number;
  /**
   * From the oldest change it took in to the last acknowledgement; undefined where no change of the source began it.
   */
  readonly lag: number | undefined;
  /** Services that were worked out anew. */
  readonly services: number;
  /** Acknowledged operations by kind. */
  readonly done: ReadonlyMap<OperationKind, number>;
  readonly refused: number;
  readonly skipped: number;
  readonly drift: number;
  /**
   * What the drift was about, and how much drift of this or an earlier pass was put right; undefined where it was not
   * told apart.
   */
  readonly driftFound?: ReadonlyMap<DriftKind, number>;
  readonly driftRepaired?: ReadonlyMap<DriftKind, number>;
  /** Servers whose drain ended, and why; undefined where it was not told apart. */
  readonly drainsEnded?: ReadonlyMap<DrainEnd, number>;
  /** What the audit of this pass took; undefined for a pass without one. */
  readonly auditMilliseconds?: number | undefined;
}

/**
 * device, table, sysctl: not what is in or on them, but themselves: made anew, rules written again, value set again.
 */
export type DriftKind = 'virtual-server' | 'vip' | 'device' | 'table' | 'sysctl';

/**
 * idle: its connections were gone. deadline: its time was over and connections remained. returned: it is wanted again.
 */
export type DrainEnd = 'idle' | 'deadline' | 'node' | 'returned';

/**
 * How far a frontend is from what is wanted of it, as status shows it and programs read it. programmed: the kernel has
 * acknowledged it. pending: a change is not acknowledged yet. draining: no new connections, the old ones end. refused:
 * the kernel did not take it. foreign: a virtual server of another program has the place. conflict: another Service has
 * it. node-local: it is left to a process of the node that listens there.
 */
export type FrontendStateName =
  | 'programmed'
  | 'pending'
  | 'draining'
  | 'refused'
  | 'foreign'
  | 'conflict'
  | 'node-local';

/** A frontend that a Service wants and does not have on this node as it wants it. */
export interface UnmetFrontend {
  readonly frontend: Frontend;
  /** `namespace/name:port`, as in the ledger. */
  readonly owner: string;
  readonly state: Exclude<FrontendStateName, 'programmed' | 'draining' | 'node-local'>;
  /** One sentence: the kernel's own words, or who has it instead. */
  readonly reason?: string;
}
