import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CellResult, StoppedCell } from './cell-results.js';
import { type Cell, cellName } from './cells.js';

/** The cells of a run that are done: a file each. A run that was broken off goes on with those that have none. */
export class Store {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  /** Whether it was measured, or was given up after at least as many seconds. */
  has(cell: Cell, seconds: number): boolean {
    const stopped = this.#path(cell, STOPPED);
    if (existsSync(this.#path(cell, DONE))) return true;
    return existsSync(stopped) && (readJson(stopped) as StoppedCell).seconds >= seconds;
  }

  /** Of another result what is neither measured here nor given up. */
  takeIn(results: readonly CellResult[], stopped: readonly StoppedCell[]): void {
    for (const result of results) if (!this.has(result.cell, 0)) this.keep(result);
    for (const one of stopped) if (!this.has(one.cell, 0)) this.giveUp(one);
  }

  keep(result: CellResult): void {
    this.#write(this.#path(result.cell, DONE), result);
    rmSync(this.#path(result.cell, STOPPED), { force: true });
  }

  /** What an earlier run measured of it stays. */
  giveUp(stopped: StoppedCell): void {
    if (existsSync(this.#path(stopped.cell, DONE))) return;
    this.#write(this.#path(stopped.cell, STOPPED), stopped);
  }

  all(): CellResult[] {
    return this.#read(DONE) as CellResult[];
  }

  stopped(): StoppedCell[] {
    return this.#read(STOPPED) as StoppedCell[];
  }

  /** Whole or not at all, also where the disk is full. */
  #write(path: string, what: CellResult | StoppedCell): void {
    writeFileSync(`${path}.part`, `${JSON.stringify(what)}\n`);
    renameSync(`${path}.part`, path);
  }

  #read(ending: string): unknown[] {
    const names = readdirSync(this.#folder).filter((name) => name.endsWith(ending));
    return names.sort().map((name) => readJson(join(this.#folder, name)));
  }

  #path(cell: Cell, ending: string): string {
    return join(this.#folder, `${cellName(cell)}${ending}`);
  }
}

const DONE = '.json';
const STOPPED = '.stopped';

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}
