import type { Family } from '../model/address.js';
import type { StatusClock } from './status-clock.js';

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
  /** When the oldest and the newest change arrived that no pass has taken in. */
  #pending: { readonly oldest: number; readonly newest: number } | undefined;
  #lastUpdated: number | undefined;

  /** `timeout` in milliseconds: in kube-proxy twice the syncPeriod. */
  constructor(clock: StatusClock, timeout: number, families: readonly Family[]) {
    this.#clock = clock;
    this.#timeout = timeout;
    this.#families = families;
  }

  /** A change has arrived and waits for a pass. */
  queued(): void {
    const now = this.#clock.now();
    this.#pending = { oldest: this.#pending?.oldest ?? now, newest: now };
  }

  /** A pass has ended that took so long. A change that arrived while it ran may have missed it and goes on waiting. */
  updated(milliseconds: number): void {
    const began = this.#clock.now() - milliseconds;
    this.#lastUpdated = this.#clock.wallTime();
    if (this.#pending === undefined || this.#pending.newest <= began) this.#pending = undefined;
    else this.#pending = { ...this.#pending, oldest: Math.max(this.#pending.oldest, began) };
  }

  /** Whether a change waits for a pass. */
  get isPending(): boolean {
    return this.#pending !== undefined;
  }

  get isHealthy(): boolean {
    if (this.#lastUpdated === undefined || this.#pending === undefined) return true;
    return this.#clock.now() - this.#pending.oldest < this.#timeout;
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
