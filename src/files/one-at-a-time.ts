/**
 * Runs a piece of work one at a time. Whoever asks while it runs gets the run after it, which begins later than
 * the question and so sees what the asker saw; all who ask meanwhile share that one run.
 */
export class OneAtATime {
  readonly #work: () => Promise<void>;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(work: () => Promise<void>) {
    this.#work = work;
  }

  run(): Promise<void> {
    if (this.#next !== undefined) return this.#next;
    if (this.#running === undefined) return this.#begin();
    this.#next = this.idle().then(() => {
      this.#next = undefined;
      return this.#begin();
    });
    return this.#next;
  }

  /** Resolves when the present run has ended, well or badly. */
  async idle(): Promise<void> {
    await Promise.allSettled([this.#running]);
  }

  #begin(): Promise<void> {
    this.#running = this.#work().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }
}
