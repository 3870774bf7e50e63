import type { ClusterView } from '../../model/cluster-view.js';
import type { DataplaneTraffic } from '../../model/counters.js';
import type { ObservedDataplane } from '../../model/dataplane.js';
import type { LocalGap } from '../../model/service.js';
import type { SyncState } from '../../model/sync-state.js';
import type { RequestStatistics, WatchStatistics } from '../../model/watch-statistics.js';

/** What the status reads for a scrape or a report; nothing of it is called in between. */
export interface MetricSources {
  state(): SyncState;
  readonly view: Pick<ClusterView, 'serviceCount' | 'sliceCount'>;
  /** The image of the kernel: what it has acknowledged. */
  observed(): ObservedDataplane;
  /** What went through each virtual server of ours; rejects where the kernel could not be read. */
  traffic(): Promise<DataplaneTraffic>;
  /** Undefined where the source is a folder. */
  readonly watch?: () => WatchStatistics;
  readonly requests?: () => Iterable<RequestStatistics>;
  /** Services with a Local traffic policy and endpoints elsewhere only. */
  readonly withoutLocalEndpoints?: () => Iterable<LocalGap>;
  /** Lines of the log that could not be written, by errno's name. */
  readonly lostLogLines?: () => Iterable<readonly [errno: string, lines: number]>;
}
