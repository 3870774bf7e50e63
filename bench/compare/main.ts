import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_FOLDER } from '../../lab/project-folder.js';
import { type Cell, cellsOf, type Size, sizeName } from './cells.js';
import type { Batch } from './guest.js';
import { type Options, readOptions, USAGE } from './options.js';
import { Progress } from './progress.js';
import { changesOf, writeRuleFiles } from './rule-files.js';
import { RunEnded, runCells } from './run-cells.js';
import { Store } from './store.js';

const TOOLS = join(PROJECT_FOLDER, 'bench/out');
const TEST_KERNEL = join(PROJECT_FOLDER, 'scripts/test-kernel/run');
const MEMORY = '8G';
/** Seconds for the cells of one size in one round. */
const PATIENCE = 14_400;
/** What a cell is warmed up with. */
const LEAST: Size = { services: 1, endpoints: 1 };

await main();

async function main(): Promise<void> {
  try {
    await run(readOptions(process.argv.slice(2)));
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RunEnded)) throw error;
    process.stderr.write(`bench: ${error.message}\n${error instanceof TypeError ? `\n${USAGE}` : ''}`);
    process.exitCode = error instanceof TypeError ? 2 : 1;
  }
}

async function run(options: Options): Promise<void> {
  const folder = join(TOOLS, 'compare', options.name);
  if (options.isFresh) rmSync(folder, { recursive: true, force: true });
  const store = new Store(join(folder, 'cells'));
  const cells = cellsOf(options).filter((cell) => !store.has(cell));
  writeFileSync(join(folder, 'options.json'), `${JSON.stringify(options, undefined, 1)}\n`);
  say(`${cells.length} of ${cellsOf(options).length} cells are to be measured; they are kept in ${folder}`);
  const surroundings = {
    store,
    progress: new Progress(cells),
    say,
    command: (batch: readonly Cell[]) => guestCommand(batch, folder, options),
  };
  for (const batch of batchesOf(cells)) await runCells(batch, surroundings);
}

/** Cells that share a kernel: those of one size in one round. */
function batchesOf(cells: readonly Cell[]): Cell[][] {
  const batches = new Map<string, Cell[]>();
  for (const cell of cells) {
    const key = `${cell.round} ${sizeName(cell)}`;
    batches.set(key, [...(batches.get(key) ?? []), cell]);
  }
  return [...batches.values()];
}

function guestCommand(cells: readonly Cell[], folder: string, options: Options): string[] {
  const rules = join(folder, 'rules');
  rmSync(rules, { recursive: true, force: true });
  const [{ services, endpoints } = LEAST] = cells;
  for (const size of [LEAST, { services, endpoints }])
    writeRuleFiles(
      join(rules, sizeName(size)),
      cells.map(({ mode }) => mode),
      size,
      changesOf(size, options.changes),
    );
  const batch: Batch = {
    cells,
    tools: TOOLS,
    rules,
    changes: options.changes,
    connections: options.connections,
  };
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'batch.json');
  writeFileSync(file, JSON.stringify(batch));
  const kernel = options.kernel === '' ? [] : ['--kernel', options.kernel];
  const words = [`--${options.clock}`, ...kernel, '--memory', MEMORY, '--timeout', String(PATIENCE)];
  const guest = join(import.meta.dirname, 'guest.js');
  return ['bash', TEST_KERNEL, ...words, '--', process.execPath, guest, file];
}

function say(text: string): void {
  process.stderr.write(`bench: ${text}\n`);
}
