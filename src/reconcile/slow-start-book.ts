import type { DesiredDataplane } from '../desired/desired-dataplane.js';
import type { Clock } from '../model/clock.js';
import type { ObservedDataplane } from '../model/dataplane.js';
import type { FrontendKey } from '../model/frontend.js';
import { NO_SERVERS, type RealServer, type RealServerKey } from '../model/real-server.js';
import { takesConnections } from '../model/virtual-server.js';
import { Interval } from './timing.js';

/** The servers of one frontend whose weight still grows, each with the moment at which it began. */
interface Growth {
  readonly milliseconds: number;
  readonly began: ReadonlyMap<RealServerKey, number>;
}

/**
 * Which new servers do not take their whole share yet, because their Service asks for a slow start. New is a server
 * that joins others that take connections: where all are new, nobody could take the rest. What an earlier agent added
 * counts as grown up.
 */
export class SlowStartBook {
  readonly #clock: Clock;
  readonly #desired: Pick<DesiredDataplane, 'virtualServers' | 'paceOf' | 'arePaced'>;
  readonly #step: Interval;
  readonly #growths = new Map<FrontendKey, Growth>();

  /** `interval`: milliseconds between two steps of a weight. */
  constructor(
    clock: Clock,
    desired: Pick<DesiredDataplane, 'virtualServers' | 'paceOf' | 'arePaced'>,
    interval: number,
  ) {
    this.#clock = clock;
    this.#desired = desired;
    this.#step = new Interval(clock, interval);
  }

  /** Whether any weight grows. */
  get isIdle(): boolean {
    return this.#growths.size === 0;
  }

  /** Whether no weight grows, nor is asked to. */
  get isUnused(): boolean {
    return this.isIdle && !this.#desired.arePaced;
  }

  /** Milliseconds until weights are to grow; undefined where none does. */
  wait(): number | undefined {
    return this.#growths.size === 0 ? undefined : this.#step.wait();
  }

  /** The frontends of which a weight may have to be written anew by now. */
  due(): readonly FrontendKey[] {
    if (this.#growths.size === 0 || !this.#step.isOver) return [];
    this.#step.begin();
    return [...this.#growths.keys()];
  }

  /** Brings the book in line with a frontend that is about to be planned. A server that is not there yet begins now. */
  refresh(key: FrontendKey, observed: ObservedDataplane): void {
    const milliseconds = (this.#desired.paceOf(key)?.slowStart ?? 0) * 1000;
    const began = milliseconds === 0 ? NO_GROWTH : this.#growingAt(key, milliseconds, observed);
    if (began.size === 0) {
      this.#growths.delete(key);
      return;
    }
    if (this.#growths.size === 0) this.#step.begin();
    this.#growths.set(key, { milliseconds, began });
  }

  /** What the server may have of its weight now: in proportion to the time that has passed, and never nothing. */
  weightNow(key: FrontendKey, server: RealServer): number {
    const { weight } = server;
    const growth = this.#growths.get(key);
    const began = growth?.began.get(server.key);
    if (growth === undefined || began === undefined) return weight;
    const share = (this.#clock.now() - began) / growth.milliseconds;
    return Math.min(weight, Math.max(1, Math.floor(weight * share)));
  }

  #growingAt(
    key: FrontendKey,
    milliseconds: number,
    observed: ObservedDataplane,
  ): ReadonlyMap<RealServerKey, number> {
    const seen = observed.virtualServers.get(key);
    if (seen === undefined || !takesConnections(seen)) return NO_GROWTH;
    const now = this.#clock.now();
    const before = this.#growths.get(key)?.began;
    const began = new Map<RealServerKey, number>();
    for (const server of this.#desired.virtualServers.get(key)?.realServers ?? NO_SERVERS) {
      const isThere = (seen.realServers.find(server)?.weight ?? 0) > 0;
      const since = isThere ? before?.get(server.key) : now;
      if (since !== undefined && now - since < milliseconds) began.set(server.key, since);
    }
    return began;
  }
}

const NO_GROWTH: ReadonlyMap<RealServerKey, number> = new Map();
