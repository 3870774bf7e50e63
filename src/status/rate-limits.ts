import type { Clock } from '../model/clock.js';

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

const MINUTE = 60_000;
const MOST_TEXTS = 1_000;

interface Seen {
  readonly at: number;
  heldBack: number;
}

/** Lets a line through the first time, and then once a minute at most. */
export class RepeatGate {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #seen = new Map<string, Seen>();

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** How often the line was held back since it last went through; undefined where it is held back now, too. */
  pass(text: string): number | undefined {
    const now = this.#clock.now();
    const seen = this.#seen.get(text);
    if (seen !== undefined && now - seen.at < MINUTE) {
      seen.heldBack++;
      return undefined;
    }
    this.#seen.delete(text);
    this.#makeRoom(now);
    this.#seen.set(text, { at: now, heldBack: 0 });
    return seen?.heldBack ?? 0;
  }

  // In the order in which they went through, so the oldest come first.
  #makeRoom(now: number): void {
    for (const [text, { at, heldBack }] of this.#seen) {
      const isOver = now - at >= MINUTE && heldBack === 0;
      if (!isOver && this.#seen.size < MOST_TEXTS) return;
      this.#seen.delete(text);
    }
  }
}
