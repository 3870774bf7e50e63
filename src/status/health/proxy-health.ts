import type { Family } from '../../model/address.js';
import type { PendingChanges } from '../pending-changes.js';
import type { StatusClock } from '../status-clock.js';

/** What `/healthz` and `/livez` say; names and meaning are kube-proxy's. */
export interface HealthReport {
  /** RFC 3339. While healthy the moment of the answer, otherwise the end of the last pass. */
  readonly lastUpdated: string;
  readonly currentTime: string;
  /** In the answer of `/healthz` only. */
  readonly nodeEligible?: boolean;
  readonly healthy: boolean;
  readonly status: Readonly<Partial<Record<Family, FamilyHealth>>>;
}

export interface FamilyHealth {
  readonly lastUpdated: string;
  readonly healthy: boolean;
}

/** Go's zero time, which kube-proxy shows while nothing was programmed. */
const NEVER = '0001-01-01T00:00:00Z';

/**
 * Whether changes reach the kernel in time. Unhealthy is who has known of a change for longer than the time-out without a
 * pass that took it in. A source that tells nothing, because nothing changes or because the API server is away, is no
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
