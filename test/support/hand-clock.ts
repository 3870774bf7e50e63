import type { Clock } from '../../src/model/clock.js';

interface Timer {
  readonly due: number;
  readonly action: () => void;
}

/** Time that passes when a test says so. */
export class HandClock implements Clock {
  #now = 0;
  readonly #timers = new Set<Timer>();

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, action: () => void): () => void {
    const timer = { due: this.#now + milliseconds, action };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Milliseconds until the next timer; undefined where none is set. */
  get next(): number | undefined {
    const dues = [...this.#timers].map(({ due }) => due - this.#now);
    return dues.length === 0 ? undefined : Math.min(...dues);
  }

  advance(milliseconds: number): void {
    this.#now += milliseconds;
    for (const timer of [...this.#timers]) {
      if (timer.due > this.#now) continue;
      this.#timers.delete(timer);
      timer.action();
    }
  }
}
