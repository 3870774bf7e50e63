import type { Cell } from './cells.js';

/** How long the rest takes, judged by what has been done. */
export class Progress {
  readonly #all: number;
  #done = 0;
  #seconds = 0;

  constructor(cells: readonly Cell[]) {
    this.#all = cells.reduce((sum, cell) => sum + weightOf(cell), 0);
  }

  done(cell: Cell, seconds: number): void {
    this.#done += weightOf(cell);
    this.#seconds += seconds;
  }

  /** Seconds; undefined before the first cell is done. */
  get left(): number | undefined {
    return this.#done === 0 ? undefined : (this.#seconds / this.#done) * (this.#all - this.#done);
  }
}

/** What a cell takes beyond its rules: a kernel's part of booting, namespaces, connections. In rules. */
const ALWAYS = 8000;

function weightOf({ services, endpoints }: Cell): number {
  return ALWAYS + services * (4 + endpoints);
}

export function durationText(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
