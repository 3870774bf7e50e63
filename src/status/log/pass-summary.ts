import type { OperationKind } from '../../model/operation.js';
import type { PassReport } from '../../model/sync-state.js';

/** What several passes did, as the fields of one log line. */
export class PassSummary {
  #passes = 0;
  #operations = new Map<OperationKind, number>();
  #refused = 0;
  #skipped = 0;
  #drift = 0;
  #services = 0;
  #milliseconds = 0;
  #lag: number | undefined;

  get passes(): number {
    return this.#passes;
  }

  get message(): string {
    if (this.#refused > 0) return 'programmed in part';
    return this.#drift > 0 ? 'repaired what others had changed' : 'programmed';
  }

  /** `milliseconds` and `lagMilliseconds` are those of the slowest pass. */
  get fields(): object {
    return {
      ...(this.#passes > 1 ? { passes: this.#passes } : {}),
      operations: Object.fromEntries(this.#operations),
      refused: this.#refused,
      skipped: this.#skipped,
      drift: this.#drift,
      services: this.#services,
      milliseconds: round(this.#milliseconds),
      lagMilliseconds: this.#lag === undefined ? undefined : round(this.#lag),
    };
  }

  add({ done, refused, skipped, drift, services, milliseconds, lag }: PassReport): void {
    this.#passes++;
    for (const [kind, count] of done) this.#operations.set(kind, (this.#operations.get(kind) ?? 0) + count);
    this.#refused += refused;
    this.#skipped += skipped;
    this.#drift += drift;
    this.#services += services;
    this.#milliseconds = Math.max(this.#milliseconds, milliseconds);
    if (lag !== undefined) this.#lag = Math.max(this.#lag ?? 0, lag);
  }
}

function round(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10;
}
