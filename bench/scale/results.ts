import type { Machine } from '../watch/machine.js';
import type { Spent } from './probe.js';

export interface ScaleSettings {
  readonly services: number;
  readonly endpoints: number;
  /** Of each kind. */
  readonly changes: number;
  /** Seconds for which pods roll, and for which nothing happens. */
  readonly rolling: number;
  readonly quiet: number;
}

/** Everything one run has measured; bench/results/scale-….json. Milliseconds and megabytes. */
export interface ScaleResults {
  readonly machine: Machine;
  /** `uml`, `vm`, `counted-vm`, `netns`. */
  readonly kind: string;
  readonly settings: ScaleSettings;
  readonly start: StartRun;
  /** From the write to the API server to the acknowledgement of the kernel. */
  readonly changes: Readonly<Record<'endpoint' | 'service', readonly number[]>>;
  readonly rolling: RollingRun;
  readonly quiet: QuietRun;
  readonly restart: StartRun & { readonly stop: number };
}

/** Times since the process was started. */
export interface StartRun extends Spent {
  /**
   * Of the Service default/kubernetes, of the first and the last of all others. Absent in a restart, which opens none.
   */
  readonly vips?: { readonly apiServer: number; readonly first: number; readonly last: number };
  /** Until `status` said that everything is programmed. */
  readonly synced: number;
  /** Records of writes. */
  readonly records: number;
}

export interface RollingRun extends Spent {
  readonly pods: number;
  readonly seconds: number;
  /** Of each pod. */
  readonly latencies: readonly number[];
}

export interface QuietRun extends Spent {
  readonly seconds: number;
  /** Seconds in which everything is compared once. */
  readonly round: number;
  readonly slices: number;
  /** Of one slice, on the average. */
  readonly slice: number;
}
