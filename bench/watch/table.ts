import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { median, smallest } from '../kernel/statistics.js';
import type { WatchRun } from './report.js';
import type { ContenderName, WatchResults } from './results.js';

/** Writes watch.md from watch.json of the folder given: `table.js FOLDER`; prints it too. */
const [folder = ''] = process.argv.slice(2);
const results = JSON.parse(readFileSync(join(folder, 'watch.json'), 'utf8')) as WatchResults;

const NAMES: Readonly<Record<ContenderName, string>> = {
  streamed: 'agent, WatchList',
  paged: 'agent, pages of 500',
  informer: "client-node's informers",
};

/** The limits are those of 10,000 Services and slices of 10 endpoints. */
const LIMITS = { stall: 50, peak: 300, settled: 200, idle: 0.2 };

const text = [
  '# The agent against an API server: measured',
  '',
  'Written by `npm run bench:watch`; ../README.md says what each line means. Smallest of all runs and (median).',
  '',
  title(),
  '',
  '| | listed, ms | programmed, ms | longest stall, ms | peak, MB | settled, MB | start, ms |',
  '|---|---:|---:|---:|---:|---:|---:|',
  ...(Object.keys(NAMES) as ContenderName[]).map(row),
  ...deaths(),
  '',
  '| | measured | limit | |',
  '|---|---:|---:|---|',
  ...verdicts(),
  '',
].join('\n');
writeFileSync(join(folder, 'watch.md'), text);
process.stdout.write(text);

function title(): string {
  const { machine, size, runs } = results;
  const count = size.services.toLocaleString('en');
  return [
    `${count} Services, ${count} EndpointSlices × ${size.endpoints} endpoints; ${runs.streamed.length} runs each.`,
    `Linux ${machine.kernel}, ${machine.processors} × ${machine.processor}, Node ${machine.node}, ${machine.date}.`,
  ].join(' ');
}

function row(name: ContenderName): string {
  const both = (of: (run: WatchRun) => number | undefined) => cell(name, of);
  const cells = [
    both(({ listed }) => listed),
    both(({ programmed }) => programmed),
    both(({ stall }) => stall),
    both(({ memory }) => memory.peak),
    both(({ memory }) => memory.settled),
    both(({ startUp }) => startUp),
  ];
  return `| ${NAMES[name]} | ${cells.join(' | ')} |`;
}

function deaths(): string[] {
  const died = Object.entries(results.died ?? {}) as [ContenderName, string][];
  return died.flatMap(([name, reason]) => ['', `${NAMES[name]} ended without a result: ${reason}`]);
}

function cell(name: ContenderName, of: (run: WatchRun) => number | undefined): string {
  const numbers = numbersOf(name, of);
  return numbers.length === 0 ? '' : `${smallest(numbers).toFixed(0)} (${median(numbers).toFixed(0)})`;
}

// Of times the smallest counts, since other programs on the machine only ever add to them; of memory the median.
function verdicts(): string[] {
  return [
    verdict('longest stall, WatchList, ms', smallest(numbersOf('streamed', stallOf)), LIMITS.stall),
    verdict('longest stall, pages, ms', smallest(numbersOf('paged', stallOf)), LIMITS.stall),
    verdict(
      'peak, WatchList, MB',
      medianOf('streamed', ({ memory }) => memory.peak),
      LIMITS.peak,
    ),
    verdict(
      'peak, pages, MB',
      medianOf('paged', ({ memory }) => memory.peak),
      LIMITS.peak,
    ),
    verdict(
      'settled, WatchList, MB',
      medianOf('streamed', ({ memory }) => memory.settled),
      LIMITS.settled,
    ),
    verdict(
      'settled, pages, MB',
      medianOf('paged', ({ memory }) => memory.settled),
      LIMITS.settled,
    ),
    ...(results.runs.informer.length > 0 ? ratios() : []),
    ...idle(),
  ];
}

function ratios(): string[] {
  return [
    verdict(
      'listed: informers ÷ agent, WatchList',
      ratio(({ listed }) => listed),
    ),
    verdict('stall: informers ÷ agent, WatchList', ratio(stallOf)),
    verdict(
      'peak: informers ÷ agent, WatchList',
      ratio(({ memory }) => memory.peak),
    ),
  ];
}

function idle(): string[] {
  if (results.idle === undefined) return [];
  const { seconds, user, system } = results.idle;
  const part = ((user + system) / 1e6 / seconds) * 100;
  return [verdict(`idle for ${seconds} s without a kernel, % of a core`, part, LIMITS.idle, 3)];
}

function ratio(of: (run: WatchRun) => number): number {
  return smallest(numbersOf('informer', of)) / smallest(numbersOf('streamed', of));
}

function verdict(what: string, measured: number, limit?: number, digits = 1): string {
  const number = measured.toFixed(digits);
  const isJudged = results.size.services === 10_000 && results.size.endpoints === 10;
  if (limit === undefined || !isJudged) return `| ${what} | ${number} | | |`;
  return `| ${what} | ${number} | ≤ ${limit} | ${measured <= limit ? 'held' : '**missed**'} |`;
}

function medianOf(name: ContenderName, of: (run: WatchRun) => number): number {
  return median(numbersOf(name, of));
}

function numbersOf(name: ContenderName, of: (run: WatchRun) => number | undefined): number[] {
  return results.runs[name].flatMap((run) => of(run) ?? []);
}

function stallOf({ stall }: WatchRun): number {
  return stall;
}
