import type { Meanwhile } from './background.js';
import type { Cell } from './cells.js';
import type { Evenness } from './chi-square.js';
import type { Asked } from './traced.js';

/** What a command or a pass has cost. Milliseconds and megabytes. */
export interface Cost {
  readonly elapsed: number;
  /** Of all its threads, in user space and in the kernel. */
  readonly processor: number;
}

/** With what a cell was measured: a result may be put together of several calls. */
export interface Origin {
  readonly commit: string;
  /** The version of Node that the agent ran on. */
  readonly node: string;
  readonly date: string;
}

/** A cell that was given up, so that the others have their turn. */
export interface StoppedCell {
  readonly cell: Cell;
  readonly origin: Origin;
  /** Of the clock on the wall; from the end of the cell before it, or from the start of its kernel. */
  readonly seconds: number;
  /** Absent where that was nothing. */
  readonly measured?: UnfinishedResult;
}

/** What a cell has measured so far: a line of what the guest prints, before that of the whole. */
export interface UnfinishedResult
  extends Pick<CellResult, 'cell' | 'kernel' | 'program' | 'kernelMemory'>,
    Partial<Omit<CellResult, 'cell' | 'kernel' | 'program' | 'kernelMemory'>> {
  readonly isUnfinished: true;
}

/** What one cell has measured: a line of what the guest prints, a file of the run. */
export interface CellResult {
  readonly cell: Cell;
  /** Which the guest does not know: the run adds it. */
  readonly origin?: Origin;
  readonly kernel: string;
  readonly program: Cost & {
    /** Until the first Service answers. With iptables and nftables all come at the same moment. */
    readonly firstService: number;
    /** Netlink messages (IPVS); absent where they were not counted. */
    readonly messages?: number;
    /** Bytes of rules that the tool reads; absent where it reads none. */
    readonly bytes?: number;
    /** Of the process that programs: the agent that stays, or a tool that ends. */
    readonly peakMemory: number;
    /** Of the agent, after garbage collection. */
    readonly settledMemory?: number;
  };
  /**
   * From nothing again, each time in namespaces of its own; of sizes at which that is soon done. What V8 does beside
   * JavaScript (collecting garbage, compiling) does not fall at the same place in every start, and tables of the kernel
   * hash by another seed.
   */
  readonly again?: readonly Start[];
  /** Megabytes by which the kernel's memory has grown. */
  readonly kernelMemory: { readonly slab: number; readonly vmalloc: number; readonly percpu: number };
  /**
   * Everything is there already and is done once more, by a new process. Not of single commands: they would add all
   * once more.
   */
  readonly restart?: Restart;
  /** The first change that a process makes, before it has warmed up; of the agent only. */
  readonly coldChange?: Change;
  readonly changes: Readonly<Record<ChangeKind, readonly Change[]>>;
  readonly connections: Readonly<Record<ConnectionPlace, ConnectionSamples>>;
  /** Connections to Services spread over all while endpoints come to ten of them a second; of middle sizes. */
  readonly churn?: Churn;
  /** Absent on a counted clock. */
  readonly throughput?: Readonly<Record<'direct' | 'service', Throughput>>;
  /**
   * Of programming from nothing, and what came before it in the same process; where strace is and not too much is
   * asked.
   */
  readonly asked?: Asked;
  /** Of the first round, once for each mode. */
  readonly behaviours?: Behaviours;
}

export interface Start extends Pick<CellResult, 'program' | 'restart' | 'coldChange'> {
  /** Absent in older results. */
  readonly changes?: CellResult['changes'];
}

export interface Churn extends Meanwhile {
  readonly changes: number;
  /** On a counted clock by the processor: it jumps by minutes where a change waits for the machine's files. */
  readonly seconds: number;
}

/** By the clock of the guest, several times. */
export interface Throughput {
  /** One after another, each answered with four bytes. */
  readonly connectionsPerSecond: readonly number[];
  /** Over one connection. */
  readonly megabytesPerSecond: readonly number[];
}

/** Whether it is as a user would wish, and what was seen. */
export interface Behaviour {
  readonly isHeld: boolean;
  readonly seen: string;
}

export interface Behaviours {
  /** Of connections over ten endpoints. */
  readonly spread: Evenness & { readonly counts: readonly number[] };
  readonly affinity: Behaviour;
  readonly openConnection: Behaviour;
  readonly newConnections: Behaviour;
  readonly datagrams: Behaviour;
  /**
   * Once the flow was deleted, as kube-proxy does beside its rules; absent where it was not needed or could not be
   * done.
   */
  readonly datagramsThen?: Behaviour;
  readonly restartOpen: Behaviour;
  readonly restartNew: Behaviour;
}

export interface Restart extends Cost {
  readonly messages?: number;
}

export type ChangeKind = 'endpoint-added' | 'service-added' | 'service-deleted';

export const CHANGE_KINDS: readonly ChangeKind[] = ['endpoint-added', 'service-added', 'service-deleted'];

export interface Change extends Cost {
  readonly messages?: number;
  readonly bytes?: number;
}

/**
 * direct: to a pod without a Service. first, middle, last: to one Service. spread: to Services spread evenly. All from
 * a pod's namespace but `node`, which is as spread.
 */
export type ConnectionPlace = 'direct' | 'first' | 'middle' | 'last' | 'spread' | 'node';

export interface ConnectionSamples {
  /** Nanoseconds until the first answer, of each connection. */
  readonly nanoseconds: readonly number[];
  readonly failed: number;
  /** How many went to each endpoint; of connections to one Service. */
  readonly endpoints: Readonly<Record<string, number>>;
}
