import type { SyncState } from '../model/sync-state.js';
import type { DataplaneCounts } from './metrics/dataplane-counts.js';

/** What one scrape shows of the state: taken once, because counting the data plane walks over all of it. */
export interface Snapshot {
  readonly state: SyncState;
  readonly counts: DataplaneCounts;
}
