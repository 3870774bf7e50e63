import type { PassReport, SyncTotals } from '../model/sync-state.js';

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

  add(report: PassReport): void {
    const { passes, operations, refused, drift } = this.#totals;
    const done = [...report.done.values()].reduce((sum, count) => sum + count, 0);
    this.#totals = {
      passes: passes + 1,
      operations: operations + done,
      refused: refused + report.refused,
      drift: drift + report.drift,
    };
    this.#last = report;
  }
}
