import type { Clock } from './clock.js';

/** A wait that can be cut short, so that nothing keeps whoever waits from going on or from ending. */
export class Pause {
  readonly #clock: Clock;
  #end: () => void = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves after so many milliseconds, or when it is ended. */
  take(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(milliseconds, resolve);
      this.#end = () => {
        cancel();
        resolve();
      };
    });
  }

  /** Ends the one under way; nothing where none is. */
  end(): void {
    this.#end();
  }
}
