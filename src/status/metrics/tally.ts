import { countOf, isPolicyKind, kindOf, type Operation, type Outcome } from '../../model/operation.js';
import type { PassReport } from '../../model/sync-state.js';
import { Counts } from './exposition.js';

/** Everything that is counted between two scrapes, in plain numbers: adding to it costs what an addition costs. */
export class Tally {
  readonly operations = new Counts('operation', 'outcome');
  readonly errors = new Counts('errno');
  readonly passes = new Counts('outcome');
  readonly driftFound = new Counts('kind');
  readonly driftRepaired = new Counts('kind');
  readonly drainsEnded = new Counts('reason');
  readonly probes = { healthz: new Counts('code'), livez: new Counts('code') };
  /** Operations that were not tried, because what they build on was refused. */
  skipped = 0;
  /** Batches in which nftables refused something. */
  policyFailures = 0;
  /** Services that the source reported as changed. */
  changedServices = 0;
  trafficFailures = 0;
  /** Another number than before after each pass that may have changed the data plane. */
  revision = 0;

  performed(operations: readonly Operation[], outcomes: readonly Outcome[]): void {
    let policyFailed = false;
    operations.forEach((operation, index) => {
      const outcome = outcomes[index];
      if (outcome === undefined) return;
      const [kind, count] = [kindOf(operation), countOf(operation)];
      this.operations.add(count, kind, outcome.kind);
      if (!('error' in outcome)) return;
      this.errors.add(count, outcome.error.code);
      policyFailed ||= isPolicyKind(kind);
    });
    if (policyFailed) this.policyFailures++;
  }

  passed(report: PassReport): void {
    if (report.services + report.done.size + report.drift > 0) this.revision++;
    this.passes.add(1, 'done');
    this.skipped += report.skipped;
    for (const [kind, count] of report.driftFound ?? [['any', report.drift]])
      this.driftFound.add(count, kind);
    for (const [kind, count] of report.driftRepaired ?? []) this.driftRepaired.add(count, kind);
    for (const [reason, count] of report.drainsEnded ?? []) this.drainsEnded.add(count, reason);
  }

  passFailed(): void {
    this.revision++;
    this.passes.add(1, 'failed');
  }
}

/** What of the past the metrics show that no counter holds. Times are milliseconds since 1970, 0 for never. */
export interface SyncTimes {
  lastQueued: number;
  lastPass: number;
  /** Of the changes received, those that passes have taken in. */
  settledServices: number;
  settledEndpoints: number;
}
