import type { Clock } from '../../model/clock.js';

/** Acts once when nothing has been heard for so long. */
export class SilenceDeadline {
  readonly #clock: Clock;
  readonly milliseconds: number;
  readonly #action: () => void;
  #lastHeard: number;
  #cancel: () => void;

  constructor(clock: Clock, milliseconds: number, action: () => void) {
    this.#clock = clock;
    this.milliseconds = milliseconds;
    this.#action = action;
    this.#lastHeard = clock.now();
    this.#cancel = clock.after(milliseconds, () => this.#look());
  }

  /** Costs no timer, since it is called for every piece that arrives. */
  heard(): void {
    this.#lastHeard = this.#clock.now();
  }

  cancel(): void {
    this.#cancel();
  }

  #look(): void {
    const left = this.#lastHeard + this.milliseconds - this.#clock.now();
    if (left <= 0) this.#action();
    else this.#cancel = this.#clock.after(left, () => this.#look());
  }
}
