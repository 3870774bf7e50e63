import type { Clock } from '../../model/clock.js';

/**
 * As client-go's reflector, which is what API servers are sized for; the longest becomes 30 s by chance. Milliseconds.
 */
const FIRST = 800;
const LONGEST = 15_000;
/** After so long without a failure the next one is a first again. No less than the longest wait. */
const HEALTHY = 30_000;

/**
 * What a server asks for with Retry-After is done up to here: a mistake in it must not keep a node from following for a
 * day.
 */
const LONGEST_ASKED = 120_000;

/** After a failure that an operator has to mend, in milliseconds: that it was mended is noticed within a minute. */
export const FAILED_PERIOD = 45_000;

/** At least this, by chance up to a quarter longer. `chance` is at least 0, below 1. */
export function quarterLonger(milliseconds: number, chance: number): number {
  return milliseconds * (1 + chance / 4);
}

/**
 * How long to wait after a failure: doubling, and up to twice as long by chance, so that the nodes of a cluster
 * do not come back to an API server all at once.
 */
export class BackOff {
  readonly #clock: Clock;
  readonly #random: () => number;
  #delay = FIRST;
  #lastFailure = Number.NEGATIVE_INFINITY;
  readonly #resets: TokenBucket;

  constructor(clock: Clock, random: () => number) {
    this.#clock = clock;
    this.#random = random;
    this.#resets = new TokenBucket(clock);
  }

  /** Notes a failure. `asked` is what the server wants one to wait at least. */
  failed(asked = 0): number {
    const now = this.#clock.now();
    if (now - this.#lastFailure >= HEALTHY) this.#delay = FIRST;
    const wait = Math.min(asked, LONGEST_ASKED) + this.spread(this.#delay);
    this.#delay = Math.min(this.#delay * 2, LONGEST);
    this.#lastFailure = now + wait;
    return wait;
  }

  /**
   * Makes the next failure a first one again, within limits: where each success is followed by a failure, listings of
   * the whole cluster would follow each other every second.
   */
  succeeded(): void {
    if (this.#delay > FIRST && this.#resets.take()) this.#delay = FIRST;
  }

  /** At least this, at most twice as long. */
  spread(milliseconds: number): number {
    return milliseconds * (1 + this.#random());
  }
}

/** So often at once: a server that is upgraded restarts two or three times within half a minute. */
const AT_ONCE = 3;

/** Milliseconds until one more is allowed. */
const PERIOD = 30_000;

/** What may be done three times in a row, but no more than once in 30 s as long as it goes on. */
export class TokenBucket {
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
