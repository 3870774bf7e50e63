import type { IdleRun } from './idle.js';
import type { Machine } from './machine.js';
import type { WatchRun } from './report.js';

/** Everything one run has measured; bench/results/watch.json. */
export interface WatchResults {
  readonly machine: Machine;
  readonly size: { readonly services: number; readonly endpoints: number };
  readonly runs: Readonly<Record<ContenderName, readonly WatchRun[]>>;
  /** Contenders that ended without a result, and how. */
  readonly died?: Partial<Readonly<Record<ContenderName, string>>>;
  /** Absent where it was not asked for. */
  readonly idle?: IdleRun;
}

export type ContenderName = 'streamed' | 'paged' | 'informer';
