/** Times spent on several things, by name. They may overlap. */
export class Stopwatch {
  readonly #sums = new Map<string, number>();
  readonly #firstEnds = new Map<string, number>();
  readonly #spans: (readonly [began: number, ended: number])[] = [];

  /** Both as performance.now() told them. */
  add(name: string, began: number, ended: number): void {
    this.#sums.set(name, this.of(name) + ended - began);
    this.#spans.push([began, ended]);
    if (!this.#firstEnds.has(name)) this.#firstEnds.set(name, ended);
  }

  of(name: string): number {
    return this.#sums.get(name) ?? 0;
  }

  /** When the first of so called things was done; undefined where there was none. */
  firstEnd(name: string): number | undefined {
    return this.#firstEnds.get(name);
  }

  /** How long at least one of the things went on. */
  get covered(): number {
    let sum = 0;
    let end = Number.NEGATIVE_INFINITY;
    for (const [began, ended] of [...this.#spans].sort(([a], [b]) => a - b)) {
      sum += Math.max(0, ended - Math.max(began, end));
      end = Math.max(end, ended);
    }
    return sum;
  }

  async timeAsync<T>(name: string, work: () => Promise<T>): Promise<T> {
    const began = performance.now();
    try {
      return await work();
    } finally {
      this.add(name, began, performance.now());
    }
  }
}
