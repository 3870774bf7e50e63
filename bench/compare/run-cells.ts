import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { CellResult } from './cell-results.js';
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
  /** The words that measure these cells, each a line of output. */
  readonly command: (cells: readonly Cell[]) => readonly string[];
}

/** Measures cells in one kernel, and keeps each as soon as it is done. Rejects with RunEnded. */
export async function runCells(cells: readonly Cell[], context: RunContext): Promise<void> {
  const [command = '', ...words] = context.command(cells);
  const child = spawn(command, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number>((resolve) => {
    child.on('error', () => resolve(COMMAND_MISSING));
    child.on('close', (code, signal) => resolve(signal === null ? (code ?? 1) : 1));
  });
  const last = lastLines(child.stderr);
  const results = new CellResults(cells, context);
  try {
    for await (const line of createInterface({ input: child.stdout })) results.keep(line);
  } catch (error) {
    // The guest would go on for nobody.
    child.kill('SIGTERM');
    await ended;
    throw error;
  }
  const code = await ended;
  if (code !== 0)
    throw new RunEnded(`${reasonOf(code)} while measuring ${results.current}${lastWords(last())}`);
  if (!results.isComplete) throw new RunEnded(`the guest ended without a result for ${results.current}`);
}

class CellResults {
  readonly #cells: readonly Cell[];
  readonly #context: RunContext;
  #count = 0;
  #began = Date.now();

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

  keep(line: string): void {
    const { store, progress, say } = this.#context;
    const result = parse(line);
    try {
      store.keep(result);
    } catch (error) {
      throw new RunEnded(
        `the result of ${cellName(result.cell)} could not be written: ${(error as Error).message}`,
      );
    }
    this.#count++;
    const seconds = (Date.now() - this.#began) / 1000;
    this.#began = Date.now();
    progress.done(result.cell, seconds);
    const left = progress.left;
    say(
      `${cellName(result.cell)}: programmed in ${result.program.processor.toFixed(1)} ms of a processor; took ${durationText(seconds)}` +
        (left === undefined ? '' : `, ${durationText(left)} left`),
    );
  }
}

function parse(line: string): CellResult {
  try {
    return JSON.parse(line) as CellResult;
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
