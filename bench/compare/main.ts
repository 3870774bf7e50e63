import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { peersBinary } from '../../lab/peers-binary.js';
import { PROJECT_FOLDER } from '../../lab/project-folder.js';
import type { Origin } from './cell-results.js';
import { type Cell, cellsOf, LEAST, type Size, sizeName } from './cells.js';
import type { Batch } from './guest.js';
import { type Options, readOptions, USAGE } from './options.js';
import { Progress } from './progress.js';
import type { Circumstances } from './report.js';
import { readResults, writeResults } from './results-folder.js';
import { type ChangePlan, changesOf, churnOf, writeRuleFiles } from './rule-files.js';
import { RunEnded, runCells } from './run-cells.js';
import { Store } from './store.js';
import { comparisonOf } from './two-results.js';

const TOOLS = join(PROJECT_FOLDER, 'bench/out');
const TEST_KERNEL = join(PROJECT_FOLDER, 'scripts/test-kernel/run');
const MEMORY = '8G';
/** The file with what the calls of a run have used. */
const MADE_WITH = 'made-with.json';
/** Seconds for a kernel beyond those of its cells. */
const PATIENCE = 600;

await main();

async function main(): Promise<void> {
  const words = process.argv.slice(2);
  try {
    if (words.includes('--help')) process.stdout.write(USAGE);
    else if (words[0] === '--compare') compare(words.slice(1));
    else await run(readOptions(words));
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RunEnded || isRefused(error))) throw error;
    process.stderr.write(`bench: ${error.message}\n${error instanceof TypeError ? `\n${USAGE}` : ''}`);
    process.exitCode = error instanceof TypeError ? 2 : 1;
  }
}

// By the machine, such as a file on a disk that is full: its message says which and why.
function isRefused(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}

async function run(options: Options): Promise<void> {
  const folder = join(TOOLS, 'compare', options.name);
  if (options.isFresh) rmSync(folder, { recursive: true, force: true });
  const store = new Store(join(folder, 'cells'));
  const before = options.into === '' ? undefined : goOnWith(options, store, folder);
  const cells = cellsOf(options).filter((cell) => options.isAnew || !store.has(cell, options.limit));
  // A later report tells what was measured, not what it was made with.
  if (!options.isReportOnly) keepMadeWith(join(folder, MADE_WITH), options);
  say(`${cells.length} of ${cellsOf(options).length} cells are to be measured; they are kept in ${folder}`);
  const context = {
    store,
    progress: new Progress(cells),
    say,
    origin: origin(),
    limit: options.limit,
    command: (batch: readonly Cell[]) => guestCommand(batch, folder, options),
  };
  // Outside, where compiling is fast.
  if (!options.isReportOnly) await peersBinary();
  if (!options.isReportOnly) for (const batch of batchesOf(cells)) await runCells(batch, context);
  await report(options, store, folder, before);
}

/** The result that was there: what this run has not measured itself counts as measured. Answers with its day. */
function goOnWith({ into, clock }: Options, store: Store, folder: string): string {
  const { about, results, stopped = [] } = readResults(into);
  if (about.options.clock !== clock)
    throw new TypeError(
      `--into: ${into} was measured with --${about.options.clock}, this run is with --${clock}`,
    );
  store.takeIn(results, stopped);
  const file = join(folder, MADE_WITH);
  const { versions, calls } = about;
  if (!existsSync(file)) writeFileSync(file, `${JSON.stringify({ versions, calls })}\n`);
  return about.date;
}

async function report(options: Options, store: Store, folder: string, begun?: string): Promise<void> {
  const results = store.all();
  if (results.length === 0) throw new RunEnded('nothing has been measured yet');
  const date = begun ?? new Date().toISOString().slice(0, 10);
  const place = placeOf(options, folder, date);
  const about: Circumstances = {
    options: {
      clock: options.clock,
      changes: rangeOf(results.map(({ changes }) => changes['endpoint-added'].length)),
      connections: rangeOf(results.map(({ connections }) => connections.spread.nanoseconds.length)),
    },
    kernel: [...new Set(results.map(({ kernel }) => kernel))].sort().join(' and '),
    processor: `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}`,
    date,
    ...(madeWith(join(folder, MADE_WITH)) ?? { versions: versions(options), calls: [] }),
  };
  process.stdout.write(await writeResults(place, { about, results, stopped: store.stopped() }));
  say(`the report is ${place}/report.html`);
}

function placeOf({ into, isQuick, name }: Options, folder: string, date: string): string {
  if (into !== '') return into;
  return isQuick ? join(folder, 'report') : join(PROJECT_FOLDER, 'bench/results', date, name);
}

// A mode without changes has none.
function rangeOf(counts: readonly number[]): string {
  const some = counts.filter((count) => count > 0);
  if (some.length === 0) return '0';
  const [least, most] = [Math.min(...some), Math.max(...some)];
  return least === most ? String(least) : `${least}–${most}`;
}

type MadeWith = Pick<Circumstances, 'versions' | 'calls'>;

function madeWith(file: string): MadeWith | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as MadeWith) : undefined;
}

/** A run that is put together of several calls has the versions of all of them. */
function keepMadeWith(file: string, options: Options): void {
  const before = madeWith(file) ?? { versions: [], calls: [] };
  const call = ['npm run bench', ...(options.words.length > 0 ? ['--', ...options.words] : [])].join(' ');
  const now: MadeWith = {
    versions: [...new Set([...before.versions, ...versions(options)])],
    calls: [...new Set([...before.calls, call])],
  };
  writeFileSync(file, `${JSON.stringify(now)}\n`);
}

function versions({ kubeProxy }: Options): string[] {
  const commands = [
    ['iptables-legacy', '--version'],
    ['iptables-nft', '--version'],
    ['nft', '--version'],
    ['qemu-system-x86_64', '--version'],
  ];
  const given = kubeProxy === '' ? [] : [`kube-proxy: ${firstLine(kubeProxy, ['--version'])}`];
  // What is not there took no part.
  const there = commands
    .map(([command = '', ...words]) => firstLine(command, words))
    .filter((text) => text !== '');
  return [...given, ...there];
}

function origin(): Origin {
  return {
    commit: firstLine('git', ['log', '-1', '--format=%h']),
    node: process.version,
    date: new Date().toISOString().slice(0, 10),
  };
}

function firstLine(command: string, words: readonly string[]): string {
  const { stdout } = spawnSync(command, words, { encoding: 'utf8', cwd: PROJECT_FOLDER });
  return (stdout ?? '').split('\n')[0] ?? '';
}

function compare([before, after]: readonly string[]): void {
  if (before === undefined || after === undefined)
    throw new TypeError('--compare needs two folders with results.json');
  process.stdout.write(comparisonOf(readResults(before), readResults(after)));
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
      plannedAt(size, options),
    );
  const batch: Batch = {
    cells,
    tools: TOOLS,
    rules,
    starts: options.starts,
    changes: options.changes,
    churn: options.churn,
    connections: options.connections,
    mostTraced: options.mostTraced,
    behavioursAt: behavioursAt(options),
  };
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'batch.json');
  writeFileSync(file, JSON.stringify(batch));
  const kernel = options.kernel === '' ? [] : ['--kernel', options.kernel];
  const words = [
    `--${options.clock}`,
    ...kernel,
    '--memory',
    MEMORY,
    '--timeout',
    String(options.limit * cells.length + PATIENCE),
  ];
  const guest = join(import.meta.dirname, 'guest.js');
  // A guest that nobody listens to any more would go on for hours.
  return [
    'setpriv',
    '--pdeathsig',
    'TERM',
    'bash',
    TEST_KERNEL,
    ...words,
    '--',
    process.execPath,
    guest,
    file,
    ...(options.kubeProxy === '' ? [] : [options.kubeProxy]),
  ];
}

// At the smallest size with several endpoints, where all modes but that of single endpoints take part.
function behavioursAt({ sizes }: Options): number {
  const several = sizes.filter(({ endpoints }) => endpoints > 1);
  return Math.min(...(several.length > 0 ? several : sizes).map(({ services }) => services));
}

function plannedAt(size: Size, options: Options): ChangePlan[] {
  const changes = changesOf(size, options.changes);
  return [...changes, ...churnOf(size, options.churn, changes)];
}

function say(text: string): void {
  process.stderr.write(`bench: ${text}\n`);
}
