import type { Family } from '../../model/address.js';
import { atOnce, inSlices, STEPS_PER_LOOK, TimeSlice } from '../../model/clock.js';
import { type HttpRoute, jsonAnswer, textAnswer } from '../http/http-answer.js';
import { zPages } from '../http/z-pages.js';
import { type Counts, EXPOSITION_TYPE, MetricRegistry } from './exposition.js';
import { Histograms } from './histograms.js';
import { kubeProxyMetrics } from './kube-proxy-metrics.js';
import type { MetricSources } from './metric-sources.js';
import { countDataplane, type DataplaneCounts, ownMetrics, type Snapshot } from './own-metrics.js';
import { processMetrics } from './process-metrics.js';
import { ServiceTraffic, trafficText } from './service-traffic.js';
import type { SyncTimes, Tally } from './tally.js';

interface Page {
  readonly contentType: string;
  readonly text: string;
}

/** Makes the page for everyone who asks, one at a time: who asks while one is made gets the same. */
export class MetricsPage {
  readonly #registry: MetricRegistry;
  readonly #sources: MetricSources;
  readonly #tally: Tally;
  readonly #traffic: ServiceTraffic | undefined;
  readonly #prepare: () => Promise<void>;
  #current: Promise<Page> | undefined;

  /**
   * `trafficLimit`: of how many Service ports the statistics are shown; 0 for none, and then the kernel is not asked.
   * `prepare`: of the registry.
   */
  constructor(
    registry: MetricRegistry,
    sources: MetricSources,
    tally: Tally,
    trafficLimit: number,
    prepare: () => Promise<void> = async () => undefined,
  ) {
    this.#registry = registry;
    this.#prepare = prepare;
    this.#sources = sources;
    this.#tally = tally;
    this.#traffic = trafficLimit > 0 ? new ServiceTraffic(trafficLimit) : undefined;
  }

  page(): Promise<Page> {
    this.#current ??= this.#make().finally(() => {
      this.#current = undefined;
    });
    return this.#current;
  }

  async #make(): Promise<Page> {
    const traffic = await this.#trafficText();
    await this.#prepare();
    return { contentType: EXPOSITION_TYPE, text: this.#registry.text() + traffic };
  }

  // Without the kernel's statistics the rest is worth having all the more.
  async #trafficText(): Promise<string> {
    if (this.#traffic === undefined) return '';
    try {
      const traffic = await this.#sources.traffic();
      const slice = new TimeSlice(performance, STEPS_PER_LOOK);
      const { owned } = this.#sources.observed().policy;
      return await inSlices(trafficText(await inSlices(this.#traffic.add(traffic, owned), slice)), slice);
    } catch {
      this.#tally.trafficFailures++;
      return '';
    }
  }
}

interface RegistryParts {
  readonly version: string;
  readonly families: readonly Family[];
  readonly sources: MetricSources;
  readonly tally: Tally;
  readonly times: SyncTimes;
  readonly events: Counts;
}

interface ComposedRegistry {
  readonly registry: MetricRegistry;
  readonly histograms: Histograms;
  /** To be awaited before the text is made: what is large is read in slices. */
  prepare(): Promise<void>;
}

/** Every metric but the statistics of Services. */
export function metricRegistry(parts: RegistryParts): ComposedRegistry {
  const { version, families, sources, tally, times, events } = parts;
  const registry = new MetricRegistry();
  const histograms = new Histograms(families);
  for (const histogram of histograms.metrics) registry.add(histogram);
  const snapshots = new Snapshots(parts);
  const snapshot = oncePerScrape(() => snapshots.take());
  const rows = [
    ...kubeProxyMetrics(sources, tally, times, families),
    ...ownMetrics(sources, snapshot, tally, events),
    ...processMetrics(version),
  ];
  for (const row of rows) registry.addRow(row);
  return { registry, histograms, prepare: () => snapshots.prepare() };
}

/** Counting walks over every real server, which an idle agent should not do for each scrape. */
class Snapshots {
  readonly #parts: Pick<RegistryParts, 'sources' | 'tally'>;
  #counts: DataplaneCounts | undefined;
  #revision = Number.NaN;
  /** Whether they were counted for the scrape that comes next. */
  #isPrepared = false;

  constructor(parts: Pick<RegistryParts, 'sources' | 'tally'>) {
    this.#parts = parts;
  }

  /** Before a scrape: so that what has to be counted again is counted in slices. */
  async prepare(): Promise<void> {
    const { revision } = this.#parts.tally;
    if (this.#revision !== revision) {
      const slice = new TimeSlice(performance, STEPS_PER_LOOK);
      this.#counts = await inSlices(countDataplane(this.#parts.sources.observed()), slice);
      this.#revision = revision;
    }
    this.#isPrepared = true;
  }

  take(): Snapshot {
    const { sources, tally } = this.#parts;
    // While pods roll there is another pass before all is counted: to count again at once is what `prepare` is against.
    if (this.#counts === undefined || (!this.#isPrepared && this.#revision !== tally.revision)) {
      this.#counts = atOnce(countDataplane(sources.observed()));
      this.#revision = tally.revision;
    }
    this.#isPrepared = false;
    return { state: sources.state(), counts: this.#counts };
  }
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

/** Of the process, not of this server. */
const STARTED = Date.now() - process.uptime() * 1000;

interface MetricsView {
  /** The metrics page; may reject, then the scrape gets a 500. */
  page(): Promise<{ readonly contentType: string; readonly text: string }>;
  /** The effective KubeProxyConfiguration. */
  configuration(): unknown;
  /** The flags with the values in effect, by name. */
  flags(): Readonly<Record<string, string>>;
  readonly version: string;
  /** Milliseconds since 1970. */
  wallTime(): number;
}

/** What kube-proxy offers at metricsBindAddress. `/healthz` says there only that the server answers. */
export function metricsRoutes(view: MetricsView): ReadonlyMap<string, HttpRoute> {
  const routes = new Map<string, HttpRoute>([
    [
      '/metrics',
      async () => {
        const { contentType, text } = await view.page();
        return { status: 200, contentType, body: text };
      },
    ],
    ['/proxyMode', () => textAnswer(200, 'ipvs')],
    ['/configz', () => jsonAnswer(200, { 'kubeproxy.config.k8s.io': view.configuration() })],
    ['/healthz', () => textAnswer(200, 'ok')],
  ]);
  const { version, wallTime: now, flags } = view;
  const paths = () => [...routes.keys()].sort();
  for (const [path, route] of zPages({ version, started: STARTED, now, paths, flags }))
    routes.set(path, route);
  return routes;
}
