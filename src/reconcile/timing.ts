import type { Clock } from '../model/clock.js';

/**
 * The machine's monotonic clock, counted from boot. A jump of the wall clock moves no deadline, and what the kernel
 * keeps of a moment means the same to the agent that runs after this one.
 */
export const systemClock: Clock = {
  now() {
    const [seconds, nanoseconds] = process.hrtime();
    return seconds * 1000 + nanoseconds / 1e6;
  },
  after(milliseconds, action) {
    const timer = setTimeout(action, milliseconds);
    return () => clearTimeout(timer);
  },
};

/** A fixed time after which something is done again. */
export class Interval {
  readonly #clock: Clock;
  readonly #milliseconds: number;
  #end = 0;

  constructor(clock: Clock, milliseconds: number) {
    this.#clock = clock;
    this.#milliseconds = milliseconds;
    this.begin();
  }

  /** Begins anew, from now. */
  begin(): void {
    this.#end = this.#clock.now() + this.#milliseconds;
  }

  get isOver(): boolean {
    return this.wait() <= 0;
  }

  /** Milliseconds until it is over; negative once it has been. */
  wait(): number {
    return this.#end - this.#clock.now();
  }
}

/** When to try again what failed: at once doubling from the first delay to the longest, for ever. */
export interface BackOff {
  readonly firstMilliseconds: number;
  readonly longestMilliseconds: number;
}

export const DEFAULT_BACK_OFF: BackOff = { firstMilliseconds: 250, longestMilliseconds: 30_000 };

interface Entry {
  readonly attempts: number;
  readonly due: number;
}

/** Remembers for each subject how often it failed and when it is due again. */
export class RetrySchedule<Subject> {
  readonly #clock: Clock;
  readonly #backOff: BackOff;
  readonly #entries = new Map<Subject, Entry>();

  constructor(clock: Clock, backOff: BackOff) {
    this.#clock = clock;
    this.#backOff = backOff;
  }

  get size(): number {
    return this.#entries.size;
  }

  attempts(subject: Subject): number {
    return this.#entries.get(subject)?.attempts ?? 0;
  }

  failed(subject: Subject): void {
    const attempts = this.attempts(subject) + 1;
    const { firstMilliseconds, longestMilliseconds } = this.#backOff;
    const delay = Math.min(firstMilliseconds * 2 ** (attempts - 1), longestMilliseconds);
    this.#entries.set(subject, { attempts, due: this.#clock.now() + delay });
  }

  succeeded(subject: Subject): void {
    this.#entries.delete(subject);
  }

  /** Subjects whose time has come. They stay until they succeed or fail again. */
  due(): Subject[] {
    const now = this.#clock.now();
    return [...this.#entries].filter(([, entry]) => entry.due <= now).map(([subject]) => subject);
  }

  /** Milliseconds until the next is due; undefined where nothing waits. */
  wait(): number | undefined {
    let next: number | undefined;
    for (const { due } of this.#entries.values()) next = Math.min(next ?? due, due);
    return next === undefined ? undefined : Math.max(0, next - this.#clock.now());
  }
}
