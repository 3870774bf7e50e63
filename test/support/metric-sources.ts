import { DataplaneState } from '../../src/model/dataplane-state.js';
import type { SyncState } from '../../src/model/sync-state.js';
import type { MetricSources } from '../../src/status/metrics/metric-sources.js';

export const QUIET_STATE: SyncState = {
  complete: true,
  synced: true,
  services: 0,
  problems: [],
  drains: [],
  withheld: [],
  auditRound: 30_000,
  totals: { passes: 0, operations: 0, refused: 0, drift: 0 },
  lastPass: undefined,
};

/** Sources of an agent with nothing to do. */
export function quietSources(changes: Partial<MetricSources> = {}): MetricSources {
  return {
    state: () => QUIET_STATE,
    view: { serviceCount: 0, sliceCount: 0 },
    observed: () => new DataplaneState(),
    traffic: async () => new Map(),
    ...changes,
  };
}
