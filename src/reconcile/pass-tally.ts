import type { PassReport, SyncTotals } from '../model/sync-state.js';
import type { PassResult } from './pass-result.js';

/** Sums up the passes since the start. */
export class PassTally {
  #totals: SyncTotals = { passes: 0, operations: 0, refused: 0, drift: 0 };
  #last: PassReport | undefined;

  get totals(): SyncTotals {
    return this.#totals;
  }

  get last(): PassReport | undefined {
    return this.#last;
  }

  /** `lag` is NaN where no change of the source began the pass. */
  add(result: PassResult, milliseconds: number, lag: number): PassReport {
    const { done, refused, skipped, services, drift, driftFound, driftRepaired, drainsEnded } = result;
    const operations = [...done.values()].reduce((sum, count) => sum + count, 0);
    const before = this.#totals;
    this.#totals = {
      passes: before.passes + 1,
      operations: before.operations + operations,
      refused: before.refused + refused,
      drift: before.drift + drift,
    };
    const known = Number.isNaN(lag) ? undefined : lag;
    this.#last = {
      milliseconds,
      lag: known,
      services,
      done,
      refused,
      skipped,
      drift,
      driftFound,
      driftRepaired,
      drainsEnded,
      auditMilliseconds: result.auditMilliseconds,
    };
    return this.#last;
  }
}
