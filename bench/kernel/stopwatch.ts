/** Adds up the time spent on each of several things, by name. */
export class Stopwatch {
  readonly #sums = new Map<string, number>();

  add(name: string, milliseconds: number): void {
    this.#sums.set(name, this.of(name) + milliseconds);
  }

  of(name: string): number {
    return this.#sums.get(name) ?? 0;
  }

  async timeAsync<T>(name: string, work: () => Promise<T>): Promise<T> {
    const began = performance.now();
    try {
      return await work();
    } finally {
      this.add(name, performance.now() - began);
    }
  }
}
