import type { Clock } from '../../model/clock.js';

/** So many at once, and then one at a time. */
export interface Rate {
  readonly burst: number;
  /** Milliseconds until one more is allowed. */
  readonly refill: number;
}

export class TokenBucket {
  readonly #clock: Clock;
  readonly #rate: Rate;
  #tokens: number;
  #since: number;

  constructor(clock: Clock, rate: Rate) {
    this.#clock = clock;
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#since = clock.now();
  }

  /** Takes one; false where there is none. */
  take(): boolean {
    this.#fill();
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  /** Nothing was taken for so long that a new bucket would be the same. */
  get isFull(): boolean {
    this.#fill();
    return this.#tokens === this.#rate.burst;
  }

  #fill(): void {
    const now = this.#clock.now();
    const { burst, refill } = this.#rate;
    this.#tokens = Math.min(burst, this.#tokens + (now - this.#since) / refill);
    this.#since = now;
  }
}
