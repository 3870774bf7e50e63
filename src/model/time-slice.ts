import { setImmediate } from 'node:timers/promises';
import type { Clock } from './clock.js';

/** Well below the 50 ms that nothing else in this process should ever have to wait. */
const LONGEST = 10;

/** Keeps long work from holding up everything else: after some milliseconds the event loop has its turn. */
export class TimeSlice {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #stride: number;
  #asked = 0;
  #began: number;

  /** `stride`: of so many questions one is answered by the clock, which some kernels make a system call of. */
  constructor(clock: Pick<Clock, 'now'>, stride = 1) {
    this.#clock = clock;
    this.#stride = stride;
    this.#began = clock.now();
  }

  get over(): boolean {
    if (++this.#asked % this.#stride !== 0) return false;
    return this.#clock.now() - this.#began >= LONGEST;
  }

  /** Lets the event loop do what waits, timers and sockets included. */
  async rest(): Promise<void> {
    await setImmediate();
    this.#began = this.#clock.now();
  }
}
