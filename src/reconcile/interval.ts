import type { Clock } from '../model/clock.js';

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
