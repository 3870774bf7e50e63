import type { OperationKind } from '../model/operation.js';

/** How many operations of each kind were done. Those of one kind follow one another, so that a row is counted before it is noted. */
export class KindTally {
  readonly #counts = new Map<OperationKind, number>();
  #kind: OperationKind | undefined;
  #row = 0;

  count(kind: OperationKind): void {
    if (kind !== this.#kind) this.#close();
    this.#kind = kind;
    this.#row++;
  }

  get counts(): ReadonlyMap<OperationKind, number> {
    this.#close();
    return this.#counts;
  }

  #close(): void {
    if (this.#kind !== undefined && this.#row > 0)
      this.#counts.set(this.#kind, (this.#counts.get(this.#kind) ?? 0) + this.#row);
    this.#row = 0;
  }
}
