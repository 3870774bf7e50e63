import type { Clock } from '../model/clock.js';

interface Batch {
  readonly oldest: number;
  newest: number;
  readonly triggers: number[];
}

/** Changes that arrive within this time count as one: the list stays short however long a pass hangs. */
const BATCH_MILLISECONDS = 250;

/** More triggers than this at once measure nothing better. */
const MOST_TRIGGERS = 10_000;

/** The changes that no pass has taken in yet, by the time of their arrival. */
export class PendingChanges {
  readonly #clock: Pick<Clock, 'now'>;
  #batches: Batch[] = [];
  #triggers = 0;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** A change has arrived. `triggers`: when its causes happened, in milliseconds since 1970. */
  add(triggers: readonly number[] = []): void {
    const now = this.#clock.now();
    let batch = this.#batches.at(-1);
    if (batch === undefined || now - batch.oldest >= BATCH_MILLISECONDS) {
      batch = { oldest: now, newest: now, triggers: [] };
      this.#batches.push(batch);
    }
    batch.newest = now;
    for (const trigger of triggers) if (this.#triggers++ < MOST_TRIGGERS) batch.triggers.push(trigger);
  }

  /** A pass has ended that took so long: what arrived before it began is settled. Answers with the triggers of that. */
  settle(milliseconds: number): number[] {
    const began = this.#clock.now() - milliseconds;
    const settled = this.#batches.filter(({ newest }) => newest <= began);
    this.#batches = this.#batches.filter(({ newest }) => newest > began);
    const triggers = settled.flatMap((batch) => batch.triggers);
    this.#triggers = this.#batches.reduce((sum, batch) => sum + batch.triggers.length, 0);
    return triggers;
  }

  /** When the oldest arrived; undefined where there is none. */
  get oldest(): number | undefined {
    return this.#batches[0]?.oldest;
  }
}
