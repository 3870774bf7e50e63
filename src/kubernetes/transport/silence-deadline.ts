import type { Clock } from '../../model/clock.js';

/** Acts once when nothing has been received for so long. */
export class SilenceDeadline {
  readonly #clock: Clock;
  readonly milliseconds: number;
  readonly #action: () => void;
  #lastReceived: number;
  #cancel: () => void;

  constructor(clock: Clock, milliseconds: number, action: () => void) {
    this.#clock = clock;
    this.milliseconds = milliseconds;
    this.#action = action;
    this.#lastReceived = clock.now();
    this.#cancel = clock.after(milliseconds, () => this.#look());
  }

  /** Costs no timer, since it is called for every piece that arrives. */
  received(): void {
    this.#lastReceived = this.#clock.now();
  }

  cancel(): void {
    this.#cancel();
  }

  #look(): void {
    const left = this.#lastReceived + this.milliseconds - this.#clock.now();
    if (left <= 0) this.#action();
    else this.#cancel = this.#clock.after(left, () => this.#look());
  }
}
