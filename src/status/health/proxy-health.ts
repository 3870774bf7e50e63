import type { Family } from '../../model/address.js';
import type { StatusClock } from '../../model/clock.js';
import { type HttpAnswer, type HttpRoute, jsonAnswer } from '../http/http-answer.js';
import type { PendingChanges } from '../pending-changes.js';

/** What `/healthz` and `/livez` say; names and meaning are kube-proxy's. */
interface HealthReport {
  /** RFC 3339. While healthy the moment of the answer, otherwise the end of the last pass. */
  readonly lastUpdated: string;
  readonly currentTime: string;
  /** In the answer of `/healthz` only. */
  readonly nodeEligible?: boolean;
  readonly healthy: boolean;
  readonly status: Readonly<Partial<Record<Family, FamilyHealth>>>;
}

interface FamilyHealth {
  readonly lastUpdated: string;
  readonly healthy: boolean;
}

/** Go's zero time, which kube-proxy shows while nothing was programmed. */
const NEVER = '0001-01-01T00:00:00Z';

/**
 * Whether changes reach the kernel in time. Unhealthy is who has known of a change for longer than the time-out without
 * a pass that took it in. A source that sends nothing, because nothing changes or because the API server is away, is no
 * fault of the data plane. Before the first pass all is healthy, so that a start may take its time.
 */
export class ProxyHealth {
  readonly #clock: StatusClock;
  readonly #timeout: number;
  readonly #families: readonly Family[];
  readonly #changes: PendingChanges;
  #lastUpdated: number | undefined;

  /** `timeout` in milliseconds: in kube-proxy twice the syncPeriod. */
  constructor(clock: StatusClock, timeout: number, families: readonly Family[], changes: PendingChanges) {
    this.#clock = clock;
    this.#timeout = timeout;
    this.#families = families;
    this.#changes = changes;
  }

  /** A pass has ended. */
  updated(): void {
    this.#lastUpdated = this.#clock.wallTime();
  }

  get isHealthy(): boolean {
    const { oldest } = this.#changes;
    if (this.#lastUpdated === undefined || oldest === undefined) return true;
    return this.#clock.now() - oldest < this.#timeout;
  }

  /** `healthy` as the whole answer has it, which may depend on more than the data plane. */
  report(healthy = this.isHealthy): HealthReport {
    const lastUpdated = textOf(this.#lastUpdated);
    const currentTime = textOf(this.#clock.wallTime());
    const family: FamilyHealth = { lastUpdated, healthy: this.isHealthy };
    return {
      lastUpdated: healthy ? currentTime : lastUpdated,
      currentTime,
      healthy: this.isHealthy,
      status:
        this.#lastUpdated === undefined ? {} : Object.fromEntries(this.#families.map((f) => [f, family])),
    };
  }
}

function textOf(wallTime: number | undefined): string {
  return wallTime === undefined ? NEVER : new Date(wallTime).toISOString();
}

interface HealthView {
  readonly health: ProxyHealth;
  /** Whether load balancers may still send traffic to this node (KEP-3836). */
  nodeEligible(): boolean;
  /** What the agent still waits for before its first synchronisation is done; empty once it was. */
  waitingFor(): readonly string[];
  /** Counts the answers, as `kubeproxy_proxy_healthz_total` and its like show them. */
  answered(probe: 'healthz' | 'livez', status: number): void;
}

/**
 * `/healthz` is for load balancers: this node takes traffic. `/livez` is for the liveness probe and does not depend on
 * the Node, since a restart would not mend that. `/readyz` is for the startup probe: the first synchronisation is done.
 */
export function healthRoutes(view: HealthView): ReadonlyMap<string, HttpRoute> {
  return new Map<string, HttpRoute>([
    ['/healthz', () => healthz(view)],
    ['/livez', () => livez(view)],
    ['/readyz', () => readyz(view)],
  ]);
}

function healthz({ health, nodeEligible, answered }: HealthView): HttpAnswer {
  const eligible = nodeEligible();
  const healthy = health.isHealthy && eligible;
  const status = healthy ? 200 : 503;
  answered('healthz', status);
  return jsonAnswer(status, { ...health.report(healthy), nodeEligible: eligible });
}

function livez({ health, answered }: HealthView): HttpAnswer {
  const status = health.isHealthy ? 200 : 503;
  answered('livez', status);
  return jsonAnswer(status, health.report());
}

function readyz({ waitingFor }: HealthView): HttpAnswer {
  const waiting = waitingFor();
  return jsonAnswer(waiting.length === 0 ? 200 : 503, { ready: waiting.length === 0, waitingFor: waiting });
}
