import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CellResult } from './cell-results.js';
import { type Cell, cellName } from './cells.js';

/** The cells of a run that are done: a file each. A run that was broken off goes on with those that have none. */
export class Store {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  has(cell: Cell): boolean {
    return existsSync(this.#path(cell));
  }

  /** Whole or not at all, also where the disk is full. */
  keep(result: CellResult): void {
    const path = this.#path(result.cell);
    writeFileSync(`${path}.part`, `${JSON.stringify(result)}\n`);
    renameSync(`${path}.part`, path);
  }

  all(): CellResult[] {
    const names = readdirSync(this.#folder).filter((name) => name.endsWith('.json'));
    return names
      .sort()
      .map((name) => JSON.parse(readFileSync(join(this.#folder, name), 'utf8')) as CellResult);
  }

  #path(cell: Cell): string {
    return join(this.#folder, `${cellName(cell)}.json`);
  }
}
