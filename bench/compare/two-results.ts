import { MODES } from './cells.js';
import type { ResultsFile } from './results-folder.js';
import { type Row, rowsOf } from './summary.js';

/** What changed from one result to another, of all that both have. */
export function comparisonOf(before: ResultsFile, after: ResultsFile): string {
  const [old, now] = [before, after].map(({ results, about }) => rowsOf(results, about.options.clock));
  const lines = (now ?? []).flatMap((row) => {
    const was = (old ?? []).find((other) => isSame(other, row));
    return was === undefined ? [] : [line(was, row)];
  });
  return [
    `From ${named(before)} to ${named(after)}: how many times as much.`,
    '',
    '| Services × endpoints | mode | programming | restart | one endpoint | connection p50 | connection p99 | kernel memory |',
    '|---|---|---:|---:|---:|---:|---:|---:|',
    ...lines,
    '',
  ].join('\n');
}

function named({ about }: ResultsFile): string {
  return `${about.date} (Linux ${about.kernel}, ${about.options.clock})`;
}

function isSame(a: Row, b: Row): boolean {
  return a.mode === b.mode && a.services === b.services && a.endpoints === b.endpoints;
}

function line(was: Row, is: Row): string {
  const pairs: readonly (readonly [number | undefined, number | undefined])[] = [
    [was.program.median, is.program.median],
    [was.restart?.median, is.restart?.median],
    [was.changes['endpoint-added']?.median, is.changes['endpoint-added']?.median],
    [was.connections.spread[50], is.connections.spread[50]],
    [was.connections.spread[99], is.connections.spread[99]],
    [was.kernelMemory.median, is.kernelMemory.median],
  ];
  const cells = pairs.map(([a, b]) => (a === undefined || b === undefined ? '' : (b / a).toFixed(2)));
  return `| ${is.services.toLocaleString('en')} × ${is.endpoints} | ${MODES[is.mode].title} | ${cells.join(' | ')} |`;
}
