import type { DrainEnd } from '../model/sync-state.js';
import type { PassDrift } from './drift-book.js';
import type { RunResult } from './stage-runner.js';

/** What one pass took in and did. */
export interface PassResult extends RunResult, PassDrift {
  readonly services: number;
  readonly drainsEnded: ReadonlyMap<DrainEnd, number>;
  /** What the audit took; undefined where it was not due. */
  readonly auditMilliseconds: number | undefined;
}
