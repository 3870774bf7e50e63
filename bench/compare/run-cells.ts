import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { CellResult, Origin, UnfinishedResult } from './cell-results.js';
import { type Cell, cellName } from './cells.js';
import { durationText, type Progress } from './progress.js';
import type { Store } from './store.js';

/** A run cannot go on; the message says why, in one sentence. */
export class RunEnded extends Error {
  override readonly name = 'RunEnded';
}

export interface RunContext {
  readonly store: Store;
  readonly progress: Progress;
  readonly say: (text: string) => void;
  readonly origin: Origin;
  /** Seconds for one cell; one that takes longer is given up. */
  readonly limit: number;
  /** The words that measure these cells, each a line of output. */
  readonly command: (cells: readonly Cell[]) => readonly string[];
}

/** Measures cells, in one kernel where none is given up, and keeps each as soon as it is done. Rejects with RunEnded. */
export async function runCells(cells: readonly Cell[], context: RunContext): Promise<void> {
  let left = cells;
  while (left.length > 0) left = await runGuest(left, context);
}

/** Answers with the cells behind one that was given up with its kernel. */
async function runGuest(cells: readonly Cell[], context: RunContext): Promise<readonly Cell[]> {
  const [command = '', ...words] = context.command(cells);
  const child = spawn(command, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number>((resolve) => {
    child.on('error', () => resolve(COMMAND_MISSING));
    child.on('close', (code, signal) => resolve(signal === null ? (code ?? 1) : 1));
  });
  const last = lastLines(child.stderr);
  const results = new CellResults(cells, context);
  const limit = new Limit(context.limit, () => child.kill('SIGTERM'));
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      if (limit.isOver) break;
      if (results.keep(line)) limit.again();
    }
  } catch (error) {
    // The guest would go on for nobody.
    child.kill('SIGTERM');
    await ended;
    throw error;
  } finally {
    limit.end();
  }
  const code = await ended;
  if (limit.isOver) return results.giveUp();
  if (code !== 0)
    throw new RunEnded(`${reasonOf(code)} while measuring ${results.current}${lastWords(last())}`);
  if (!results.isComplete) throw new RunEnded(`the guest ended without a result for ${results.current}`);
  return [];
}

/** Tells once it is over. */
class Limit {
  readonly #timer: NodeJS.Timeout;
  isOver = false;

  constructor(seconds: number, tell: () => void) {
    this.#timer = setTimeout(() => {
      this.isOver = true;
      tell();
    }, seconds * 1000);
  }

  again(): void {
    this.#timer.refresh();
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}

class CellResults {
  readonly #cells: readonly Cell[];
  readonly #context: RunContext;
  #count = 0;
  #began = Date.now();
  /** Of the cell that is being measured. */
  #unfinished: UnfinishedResult | undefined;

  constructor(cells: readonly Cell[], context: RunContext) {
    this.#cells = cells;
    this.#context = context;
  }

  get current(): string {
    const cell = this.#cells[this.#count];
    return cell === undefined ? 'nothing' : cellName(cell);
  }

  get isComplete(): boolean {
    return this.#count === this.#cells.length;
  }

  /** Answers whether that was the whole of a cell. */
  keep(line: string): boolean {
    const { store, origin, say } = this.#context;
    const result = parse(line);
    if ('isUnfinished' in result) {
      this.#unfinished = { ...result, origin };
      return false;
    }
    stored(result.cell, () => store.keep({ ...result, origin }));
    const seconds = this.#goOn(result.cell);
    say(
      `${cellName(result.cell)}: programmed in ${result.program.processor.toFixed(1)} ms of a processor; took ${durationText(seconds)}${this.#left}`,
    );
    return true;
  }

  /** Leaves out the rest of the one that is being measured. Answers with those behind it. */
  giveUp(): readonly Cell[] {
    const { store, origin, limit, say } = this.#context;
    const cell = this.#cells[this.#count];
    if (cell === undefined) return [];
    const measured = this.#unfinished;
    stored(cell, () => store.giveUp({ cell, origin, seconds: limit, ...(measured && { measured }) }));
    this.#goOn(cell);
    say(`${cellName(cell)}: given up after ${durationText(limit)}${this.#left}`);
    return this.#cells.slice(this.#count);
  }

  /** Answers how long it took. */
  #goOn(cell: Cell): number {
    const seconds = (Date.now() - this.#began) / 1000;
    this.#began = Date.now();
    this.#count++;
    this.#unfinished = undefined;
    this.#context.progress.done(cell, seconds);
    return seconds;
  }

  get #left(): string {
    const { left } = this.#context.progress;
    return left === undefined ? '' : `, ${durationText(left)} left`;
  }
}

function stored(cell: Cell, store: () => void): void {
  try {
    store();
  } catch (error) {
    throw new RunEnded(`the result of ${cellName(cell)} could not be written: ${(error as Error).message}`);
  }
}

function parse(line: string): CellResult | UnfinishedResult {
  try {
    return JSON.parse(line) as CellResult | UnfinishedResult;
  } catch {
    throw new RunEnded(`the guest printed what is no result: ${line.slice(0, 200)}`);
  }
}

const COMMAND_MISSING = 127;

/** The exit codes of scripts/test-kernel/run, see its README. */
function reasonOf(code: number): string {
  const reasons: Record<number, string> = {
    3: 'no kernel with IPVS can be had here',
    124: 'the time was up',
    125: 'the test kernel did not boot, or died,',
    [COMMAND_MISSING]: 'the test kernel could not be started',
  };
  return reasons[code] ?? `the guest ended with exit code ${code}`;
}

const LINES_KEPT = 12;

function lastLines(stream: NodeJS.ReadableStream): () => string {
  const lines: string[] = [];
  createInterface({ input: stream }).on('line', (line) => {
    lines.push(line);
    if (lines.length > LINES_KEPT) lines.shift();
  });
  return () => lines.join('\n');
}

function lastWords(text: string): string {
  return text === '' ? '' : `. It said last:\n${text}`;
}
