import { type composeDesired, composeKernel } from './compose-node.js';
import type { ComposedSource } from './compose-source.js';
import type { AgentSettings } from './config/agent-settings.js';
import type { TrafficReader } from './kernel/netlink/traffic-reader.js';
import { featureText, type KernelFeatures } from './kernel/node/kernel-features.js';
import { atOnce, inSlices } from './model/clock.js';
import type { ApiServerFact } from './model/node-condition.js';
import type { ServiceAnswer } from './model/service-facts.js';
import type { StatusReport } from './model/status-report.js';
import type { ReconcileLoop } from './reconcile/reconcile-loop.js';
import type { Change, ChangeLog } from './status/listing/change-log.js';
import { type Difference, differences } from './status/listing/differences.js';
import type { FrontendRow } from './status/listing/frontend-row.js';
import { listing, listingQuery } from './status/listing/listing-source.js';
import { serviceAnswer } from './status/service-facts.js';
import type { StatusPage } from './status/status-board.js';
import { StatusSource } from './status/status-report.js';

interface ViewedParts {
  readonly version: string;
  readonly settings: AgentSettings;
  readonly features: KernelFeatures;
  readonly source: ComposedSource;
  readonly desired: ReturnType<typeof composeDesired>;
  readonly loop: ReconcileLoop;
  readonly traffic: TrafficReader;
  readonly changes: ChangeLog;
  /** What the metrics address has at a path. */
  page(path: StatusPage): Promise<string>;
}

/**
 * What a running agent answers to the admin commands. It reads by a kernel handle of its own: a handle does one thing
 * after another, and nobody who looks may hold up a pass.
 */
export class ComposedViews {
  readonly #parts: ViewedParts;
  readonly #kernel;
  readonly #status: StatusSource;
  #looking: Promise<unknown> = Promise.resolve();

  constructor(parts: ViewedParts) {
    this.#parts = parts;
    this.#kernel = composeKernel(parts.settings);
    this.#status = this.#composeStatus();
  }

  /** `tables=0`: without the lists of what is programmed, and without a look at the kernel. */
  async report(query: URLSearchParams): Promise<StatusReport> {
    const { loop } = this.#parts;
    return query.get('tables') === '0' ? this.#status.short(loop.observed) : this.#status.report();
  }

  /** What is known of one Service. */
  service(query: URLSearchParams): Promise<ServiceAnswer> {
    const { version, source, desired, loop } = this.#parts;
    return serviceAnswer(query, {
      version,
      source: source.cluster,
      desired,
      state: () => loop.state(),
      unmet: () => atOnce(loop.unmetFrontends()),
    });
  }

  /** A row for each frontend that is asked for. */
  services(query: URLSearchParams): AsyncIterable<readonly FrontendRow[]> {
    const { settings, source, desired, loop, traffic } = this.#parts;
    return listing(listingQuery(query), {
      observe: () => this.#look(() => this.#kernel.observe()),
      look: (frontends) => this.#look(() => this.#kernel.look(frontends)),
      traffic: () => traffic.read(loop.observed.policy.owned),
      agent: () => ({
        image: loop.observed,
        policy: loop.observed.policy,
        desired,
        withoutEndpoints: atOnce(desired.withoutEndpoints()),
        nodeLocal: desired.nodeLocal(),
        unmet: atOnce(loop.unmetFrontends()),
        drains: loop.state().drains,
        slicesOf: (service) => source.cluster.view.look(service).slices,
        node: settings.nodeName,
      }),
    });
  }

  /** What the kernel has otherwise than it is wanted. */
  async *differences(): AsyncGenerator<readonly Difference[]> {
    const { desired, loop } = this.#parts;
    const { dataplane } = await this.#look(() => this.#kernel.observe());
    const draining = new Set(loop.state().drains.map(({ frontend }) => frontend));
    yield* differences({ desired, kernel: dataplane, draining });
  }

  /** The latest writes to the kernel; `follow=1`: and all that come. */
  events(query: URLSearchParams): AsyncIterable<readonly Change[]> {
    return this.#parts.changes.since(0, query.get('follow') === '1');
  }

  /** What the metrics address has at this path, which may be reachable for nobody or be off. */
  page(path: StatusPage): Promise<string> {
    return this.#parts.page(path);
  }

  /** Whether the API server answers; null where Services come from a folder. */
  async apiServer(): Promise<ApiServerFact | null> {
    return (await this.#parts.source.look()) ?? null;
  }

  close(): Promise<void> {
    return this.#kernel.close();
  }

  // The port takes one call at a time.
  #look<Seen>(look: () => Promise<Seen>): Promise<Seen> {
    const seen = this.#looking.then(look);
    this.#looking = seen.catch(() => undefined);
    return seen;
  }

  #composeStatus(): StatusSource {
    const { version, settings, features, source, desired, loop } = this.#parts;
    return new StatusSource(
      () => this.#look(() => this.#kernel.observe()),
      async (slice) => ({
        version,
        node: settings.nodeName,
        kernel: featureText(features),
        watch: source.statistics.watch?.(),
        state: loop.state(),
        unmet: await inSlices(loop.unmetFrontends(), slice),
        withoutEndpoints: await inSlices(desired.withoutEndpoints(), slice),
        nodeLocal: desired.nodeLocal(),
      }),
    );
  }
}
