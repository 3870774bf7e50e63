import type { Clock } from '../../model/clock.js';

/** So often at once: a server that is upgraded restarts two or three times within half a minute. */
const AT_ONCE = 3;

/** Milliseconds until one more is allowed. */
const PERIOD = 30_000;

/** What may be done three times in a row, but no more than once in 30 s as long as it goes on. */
export class Allowance {
  readonly #clock: Clock;
  #left = AT_ONCE;
  #since: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#since = clock.now();
  }

  /** Whether it may be done now; then it counts as done. */
  take(): boolean {
    const earned = Math.floor((this.#clock.now() - this.#since) / PERIOD);
    this.#since += earned * PERIOD;
    this.#left = Math.min(AT_ONCE, this.#left + earned);
    if (this.#left === 0) return false;
    if (this.#left === AT_ONCE) this.#since = this.#clock.now();
    this.#left--;
    return true;
  }
}
