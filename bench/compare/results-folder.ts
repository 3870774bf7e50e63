import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CellResult, StoppedCell } from './cell-results.js';
import { CHANGE_KINDS } from './cell-results.js';
import { chartsOf } from './charts.js';
import { drawPage, drawSvg } from './draw.js';
import { type Circumstances, reportOf } from './report.js';
import { PERCENTILES, type Row, rowsOf } from './summary.js';

/** results.json of a folder: what the report is made of, every single measurement in it. */
export interface ResultsFile {
  readonly about: Circumstances;
  readonly results: readonly CellResult[];
  /** Absent in older results. */
  readonly stopped?: readonly StoppedCell[];
}

/** Writes results.json, two CSV files, the report, its drawings and the page. */
export async function writeResults(folder: string, file: ResultsFile): Promise<string> {
  const { about, results, stopped = [] } = file;
  const { clock } = about.options;
  const rows = rowsOf([...results, ...stopped.flatMap(({ measured }) => measured ?? [])], clock);
  const charts = chartsOf(rows, clock);
  const report = reportOf(rows, charts, about, stopped);
  mkdirSync(folder, { recursive: true });
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  write('results.json', resultsText(file));
  write('runs.csv', csv(runColumns(rows)));
  write('connections.csv', csv(connectionLines(rows)));
  write('report.md', report);
  for (const chart of charts) write(`${chart.name}.svg`, await drawSvg(chart));
  write('report.html', await drawPage(`IPVS, iptables and nftables compared, ${about.date}`, charts, report));
  return report;
}

export function readResults(folder: string): ResultsFile {
  return JSON.parse(readFileSync(join(folder, 'results.json'), 'utf8')) as ResultsFile;
}

// A line for each cell: short enough to be read, and to be compared by git.
function resultsText({ about, results, stopped = [] }: ResultsFile): string {
  const lines = results.map((result) => JSON.stringify(result));
  return `{"about": ${JSON.stringify(about)},\n"stopped": ${JSON.stringify(stopped)},\n"results": [\n${lines.join(',\n')}\n]}\n`;
}

type Cells = readonly (string | number | undefined)[];

function runColumns(rows: readonly Row[]): Cells[] {
  const changes = CHANGE_KINDS.flatMap((kind) => [`${kind}_ms`, `${kind}_spread`]);
  const header = [
    ...[
      'mode',
      'services',
      'endpoints',
      'rounds',
      'program_ms',
      'program_spread',
      'first_service_ms',
      'restart_ms',
    ],
    ...['messages', 'bytes', ...changes, 'cold_change_ms', 'kernel_memory_mb', 'peak_memory_mb', 'chance'],
  ];
  const lines = rows.map((row) => [
    ...[row.mode, row.services, row.endpoints, row.rounds, row.program.median, row.program.spread],
    ...[row.firstService.median, row.restart?.median, row.messages, row.bytes],
    ...CHANGE_KINDS.flatMap((kind) => [row.changes[kind]?.median, row.changes[kind]?.spread]),
    ...[row.coldChange?.median, row.kernelMemory.median, row.peakMemory.median, row.chance],
  ]);
  return [header, ...lines];
}

function connectionLines(rows: readonly Row[]): Cells[] {
  const header = [
    'mode',
    'services',
    'endpoints',
    'place',
    ...PERCENTILES.map((part) => `p${String(part).padStart(2, '0')}_us`),
  ];
  const lines = rows.flatMap(({ mode, services, endpoints, connections }) =>
    Object.entries(connections ?? {}).map(([place, percentiles]) => [
      ...[mode, services, endpoints, place],
      ...PERCENTILES.map((part) => percentiles[part]),
    ]),
  );
  return [header, ...lines];
}

function csv(lines: readonly Cells[]): string {
  const cell = (value: string | number | undefined) =>
    typeof value === 'number' ? String(Number(value.toPrecision(7))) : (value ?? '');
  return `${lines.map((line) => line.map(cell).join(',')).join('\n')}\n`;
}
