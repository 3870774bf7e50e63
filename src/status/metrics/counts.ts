import type { Labels, Sample } from './metric-row.js';

/** Counts by one or several label values, as plain numbers. */
export class Counts {
  readonly #labels: readonly string[];
  readonly #counts = new Map<string, number>();

  constructor(...labels: string[]) {
    this.#labels = labels;
  }

  /** `values` in the order of the labels. */
  add(count: number, ...values: string[]): void {
    if (count === 0) return;
    const key = values.join('\n');
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + count);
  }

  *samples(): Generator<Sample> {
    for (const [key, count] of this.#counts) {
      const values = key.split('\n');
      const labels: Labels = Object.fromEntries(
        this.#labels.map((label, index) => [label, values[index] ?? '']),
      );
      yield [labels, count];
    }
  }
}
