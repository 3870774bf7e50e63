import type { Clock } from '../model/clock.js';
import type { ServiceKey } from '../model/service-key.js';

/** Virtual and real servers that one Service may have worked out and programmed in a second; a node does ten times as many. */
const ENTRIES_PER_SECOND = 20_000;
/** Milliseconds; a shorter rest is not worth a timer, so that Services of fewer than 1,000 entries never rest. */
const SHORTEST = 50;
/** Milliseconds; for a Service with all that it may have. */
const LONGEST = 5_000;

/**
 * Services that wait before their next change is taken in, each as long as its last one was large, and no shorter than the pass that
 * programmed it. Every pass is everybody's: without this, whoever edits one Service of 40,000 entries a hundred times a second makes all
 * others wait for it again and again. What changes meanwhile is taken in together.
 */
export class RestingServices {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #ends = new Map<ServiceKey, number>();
  /** Milliseconds that each of those changed in this pass is to rest after it. */
  readonly #rests = new Map<ServiceKey, number>();

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** `entries`: virtual and real servers of the Service, before its change or after, whichever is more. */
  changed(service: ServiceKey, entries: number): void {
    const rest = Math.min((entries / ENTRIES_PER_SECOND) * 1_000, LONGEST);
    if (rest >= SHORTEST) this.#rests.set(service, rest);
  }

  /** The pass is over that took so many milliseconds: the rest of those changed in it begins. */
  begin(milliseconds: number): void {
    if (this.#rests.size === 0) return;
    const now = this.#clock.now();
    for (const [service, rest] of this.#rests) this.#ends.set(service, now + Math.max(rest, milliseconds));
    this.#rests.clear();
  }

  has(service: ServiceKey): boolean {
    return this.wait(service) > 0;
  }

  /** Milliseconds until its rest is over; 0 where it has none. */
  wait(service: ServiceKey): number {
    // Hardly a Service is as large as that.
    if (this.#ends.size === 0) return 0;
    return Math.max(0, (this.#ends.get(service) ?? 0) - this.#clock.now());
  }

  end(service: ServiceKey): void {
    this.#ends.delete(service);
  }

  /** Those whose rest is over, deleted Services among them, are forgotten. */
  forget(): void {
    if (this.#ends.size === 0) return;
    const now = this.#clock.now();
    for (const [service, end] of this.#ends) if (end <= now) this.#ends.delete(service);
  }
}
