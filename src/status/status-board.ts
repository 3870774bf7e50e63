import type { StatusClock } from '../model/clock.js';
import type { EventSink } from '../model/event.js';
import type { FrontendKey } from '../model/frontend.js';
import type { NodeRecord } from '../model/node.js';
import type { Operation, Outcome } from '../model/operation.js';
import type { Problem } from '../model/problem.js';
import type { ProblemBoard } from '../model/problem-board.js';
import type { ServiceKey } from '../model/service-key.js';
import type { PassReport } from '../model/sync-state.js';
import { EventRecorder, type Occurrence } from './events/event-recorder.js';
import { agentStarts, problemFound, serverFails } from './events/occurrences.js';
import { HealthCheckPorts } from './health/health-check-ports.js';
import { healthRoutes, ProxyHealth } from './health/proxy-health.js';
import type { HttpRoute } from './http/http-answer.js';
import type { PassLog } from './log/pass-log.js';
import { ProblemChanges } from './log/problem-changes.js';
import { Counts } from './metrics/exposition.js';
import type { Histograms } from './metrics/histograms.js';
import { endpointChanges, serviceChanges } from './metrics/kube-proxy-metrics.js';
import type { MetricSources } from './metrics/metric-sources.js';
import { MetricsPage, metricRegistry, metricsRoutes } from './metrics/metrics-page.js';
import { type SyncTimes, Tally } from './metrics/tally.js';
import { PendingChanges } from './pending-changes.js';
import { type ServerName, StatusServers, type StatusSettings } from './status-servers.js';

/** Pages that the admin socket has too. */
export type StatusPage = '/metrics' | '/configz' | '/flagz' | '/statusz';

/** What the status is made of; `compose.ts` fills it in. */
export interface BoardParts {
  readonly settings: StatusSettings;
  readonly sources: MetricSources;
  /** All that a person has to put right, of every room; the status adds what it finds itself. */
  readonly problems: ProblemBoard;
  readonly clock: StatusClock;
  readonly log: PassLog;
  /** Undefined: there are no Events, as where the source is a folder. */
  readonly sink?: EventSink | undefined;
  /** The effective KubeProxyConfiguration, for `/configz`; without secrets. */
  readonly configuration: () => unknown;
  /** The flags with the values in effect, by name, for `/flagz`. */
  readonly flags: () => Readonly<Record<string, string>>;
  /** The UID of a Service, by which `kubectl describe` finds its Events; undefined where it is not known. */
  readonly uidOf?: (service: ServiceKey) => string | undefined;
}

/**
 * The entry to the room: it takes in what happens and passes it on as health, metrics, Events and log. Traffic would be
 * the same without it; nothing here waits for anybody but `start` and `stop`.
 */
export class StatusBoard {
  /** Follows which Services want a health check node port, and where node ports are served. */
  readonly healthChecks: HealthCheckPorts;
  readonly #parts: BoardParts;
  readonly #tally = new Tally();
  readonly #times: SyncTimes = { lastQueued: 0, lastPass: 0, settledServices: 0, settledEndpoints: 0 };
  readonly #changes: PendingChanges;
  readonly #health: ProxyHealth;
  readonly #events: EventRecorder | undefined;
  readonly #problemChanges = new ProblemChanges();
  readonly #histograms: Histograms;
  readonly #servers: StatusServers;
  #pages: ReadonlyMap<string, HttpRoute> = new Map();
  #nodeEligible = true;
  #ready = false;

  /** Throws RangeError where an address of the settings makes no sense. */
  constructor(parts: BoardParts) {
    const { settings, sources, clock, sink } = parts;
    const events = new Counts('outcome');
    this.#parts = parts;
    this.#changes = new PendingChanges(clock);
    this.#health = new ProxyHealth(clock, settings.healthTimeout, settings.families, this.#changes);
    this.#events = sink === undefined ? undefined : new EventRecorder(sink, clock, events);
    this.healthChecks = this.#newHealthChecks();
    const [tally, times] = [this.#tally, this.#times];
    const { registry, histograms, prepare } = metricRegistry({ ...settings, sources, tally, times, events });
    this.#histograms = histograms;
    parts.problems.watch((all) => this.#problemsFound(all));
    this.#servers = this.#newServers(
      new MetricsPage(registry, sources, tally, settings.trafficLimit, prepare),
    );
  }

  /**
   * Listens, and records the Event that the agent starts. Rejects with ListenFailure only where bindAddressHardFail is
   * set.
   */
  async start(): Promise<void> {
    await this.#servers.start();
    this.#record(agentStarts(this.#parts.settings.node));
  }

  async stop(): Promise<void> {
    this.#events?.close();
    this.#parts.log.close();
    await Promise.all([this.#servers.close(), this.healthChecks.close()]);
  }

  /** The source has sent changes. `triggers`: when their causes happened, in milliseconds since 1970. */
  changed(services: Iterable<ServiceKey>, triggers: readonly number[] = []): void {
    const keys = [...services];
    this.#tally.changedServices += keys.length;
    this.#times.lastQueued = this.#parts.clock.wallTime();
    this.#changes.add(triggers);
    this.#parts.log.changed(keys);
  }

  /** The kernel has answered to writes, in the order of the operations. */
  performed(operations: readonly Operation[], outcomes: readonly Outcome[]): void {
    this.#tally.performed(operations, outcomes);
    this.#parts.log.performed(operations, outcomes);
  }

  prepared(preparation: { readonly done: readonly string[]; readonly warnings: readonly string[] }): void {
    this.#parts.log.prepared(preparation);
  }

  passed(report: PassReport): void {
    const { clock, log, sources } = this.#parts;
    const triggers = this.#changes.settle(report.milliseconds);
    this.#health.updated();
    this.#tally.passed(report);
    this.#histograms.passed(report);
    this.#histograms.programmed(triggers, clock.wallTime());
    this.#settleTimes();
    this.#ready ||= sources.state().complete;
    log.passed(report);
  }

  /** A pass could not be made at all; `text` says why and what would mend it. */
  passFailed(text: string): void {
    this.#tally.passFailed();
    this.#parts.log.passFailed(text);
  }

  #problemsFound(problems: readonly Problem[]): void {
    this.#parts.log.problems(problems);
    for (const problem of this.#problemChanges.take(problems).appeared) {
      const occurrence = problemFound(problem, this.#uidOf(problem.service));
      if (occurrence !== undefined) this.#record(occurrence);
    }
  }

  /**
   * This program's own Node is another than before; undefined: it is gone. Not known yet is not gone: then this is not
   * called.
   */
  nodeChanged(node: NodeRecord | undefined): void {
    this.#nodeEligible = node?.eligible ?? false;
  }

  /** The port that a server listens on; undefined while it does not. */
  port(server: ServerName): number | undefined {
    return this.#servers.port(server);
  }

  /** The body of a page of the metrics address, whether or not that listens. */
  async page(path: StatusPage): Promise<string> {
    const answer = await this.#pages.get(path)?.({});
    return answer?.body ?? '';
  }

  #newHealthChecks(): HealthCheckPorts {
    return new HealthCheckPorts({
      clock: this.#parts.clock,
      isHealthy: () => this.#health.isHealthy,
      problemsFound: this.#parts.problems.topic('health check ports'),
    });
  }

  #newServers(page: MetricsPage): StatusServers {
    const { settings, clock, configuration } = this.#parts;
    const health = healthRoutes({
      health: this.#health,
      nodeEligible: () => this.#nodeEligible,
      waitingFor: () => this.#waitingFor(),
      answered: (probe, status) => this.#tally.probes[probe].add(1, String(status)),
    });
    const metrics = metricsRoutes({
      page: () => page.page(),
      configuration,
      flags: this.#parts.flags,
      version: settings.version,
      wallTime: () => clock.wallTime(),
    });
    this.#pages = metrics;
    return new StatusServers({
      settings,
      clock,
      routes: { health, metrics },
      failed: (server, { message }) => this.#record(serverFails(settings.node, server, message)),
      problemsFound: this.#parts.problems.topic('servers'),
    });
  }

  #waitingFor(): string[] {
    const { complete, withheld } = this.#parts.sources.state();
    if (this.#ready) return withheld.length === 0 ? [] : [withheldText(withheld)];
    return [complete ? 'the first pass with all Services' : 'the source has not sent everything once'];
  }

  // What a pass may have missed stays pending as a whole: how much of it was of which kind is unknown.
  #settleTimes(): void {
    const { sources, clock } = this.#parts;
    this.#times.lastPass = clock.wallTime();
    if (this.#changes.oldest !== undefined) return;
    this.#times.settledServices = serviceChanges(sources, this.#tally);
    this.#times.settledEndpoints = endpointChanges(sources);
  }

  #uidOf(service: ServiceKey | undefined): string | undefined {
    return service === undefined ? undefined : this.#parts.uidOf?.(service);
  }

  #record(occurrence: Occurrence): void {
    this.#events?.record(occurrence);
  }
}

function withheldText([first, ...others]: readonly FrontendKey[]): string {
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  return `${first}${more}, wanted by Services and held by virtual servers that this program did not make`;
}
