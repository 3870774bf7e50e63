import type { Family } from '../../model/address.js';
import type { Snapshot } from '../snapshot.js';
import type { SyncTimes } from '../sync-times.js';
import { countDataplane, type DataplaneCounts } from './dataplane-counts.js';
import { type Counts, MetricRegistry } from './exposition.js';
import { Histograms } from './histograms.js';
import { kubeProxyMetrics } from './kube-proxy-metrics.js';
import type { MetricSources } from './metric-sources.js';
import { ownMetrics } from './own-metrics.js';
import { processMetrics } from './process-metrics.js';
import type { Tally } from './tally.js';

export interface RegistryParts {
  readonly version: string;
  readonly families: readonly Family[];
  readonly sources: MetricSources;
  readonly tally: Tally;
  readonly times: SyncTimes;
  readonly events: Counts;
}

/** Every metric but the statistics of Services. */
export function metricRegistry(parts: RegistryParts): { registry: MetricRegistry; histograms: Histograms } {
  const { version, families, sources, tally, times, events } = parts;
  const registry = new MetricRegistry();
  const histograms = new Histograms(families);
  for (const histogram of histograms.metrics) registry.add(histogram);
  const snapshot = oncePerScrape(snapshotTaker(parts));
  const rows = [
    ...kubeProxyMetrics(sources, tally, times, families),
    ...ownMetrics(sources, snapshot, tally, events),
    ...processMetrics(version),
  ];
  for (const row of rows) registry.addRow(row);
  return { registry, histograms };
}

function snapshotTaker({ sources, tally }: RegistryParts): () => Snapshot {
  let counts: DataplaneCounts | undefined;
  let revision = Number.NaN;
  return () => {
    // Counting walks over every real server, which an idle agent should not do for each scrape.
    if (counts === undefined || revision !== tally.revision) counts = countDataplane(sources.observed());
    revision = tally.revision;
    return { state: sources.state(), counts };
  };
}

// The rows of a scrape are read in one turn of the event loop, one after the other.
function oncePerScrape<Taken>(take: () => Taken): () => Taken {
  let taken: Taken | undefined;
  return () => {
    if (taken === undefined) {
      taken = take();
      queueMicrotask(() => {
        taken = undefined;
      });
    }
    return taken;
  };
}
