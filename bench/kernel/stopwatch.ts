/** Adds up the time spent on each of several things, by name. */
export class Stopwatch {
  readonly #sums = new Map<string, number>();

  add(name: string, milliseconds: number): void {
    this.#sums.set(name, this.of(name) + milliseconds);
  }

  of(name: string): number {
    return this.#sums.get(name) ?? 0;
  }

  /** `standsFor`: so many pieces of work like this one, of which only one is timed. */
  time<T>(name: string, work: () => T, standsFor = 1): T {
    const began = performance.now();
    try {
      return work();
    } finally {
      this.add(name, (performance.now() - began) * standsFor);
    }
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
