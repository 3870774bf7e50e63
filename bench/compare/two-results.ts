import { MODES } from './cells.js';
import { sizeText } from './report-tables.js';
import type { ResultsFile } from './results-folder.js';
import { type Row, rowsOf } from './summary.js';

/** What is compared of a row. */
const MEASURES: readonly (readonly [string, (row: Row) => number | undefined])[] = [
  ['programming', ({ program }) => program.median],
  ['restart', ({ restart }) => restart?.median],
  ['one endpoint', ({ changes }) => changes['endpoint-added']?.median],
  ['connection p50', ({ connections }) => connections?.spread[50]],
  ['connection p99', ({ connections }) => connections?.spread[99]],
  ['kernel memory', ({ kernelMemory }) => kernelMemory.median],
];

type Of = (row: Row) => number | undefined;

/** The same row of two results. */
interface Pair {
  readonly was: Row;
  readonly is: Row;
}

/** What changed from one result to another, of all that both have. */
export function comparisonOf(before: ResultsFile, after: ResultsFile): string {
  const [old = [], now = []] = [before, after].map(({ results, about }) =>
    rowsOf(results, about.options.clock),
  );
  const pairs = now.flatMap((is) => {
    const was = old.find((other) => isSame(other, is));
    return was === undefined ? [] : [{ was, is }];
  });
  return [
    `From ${named(before)} to ${named(after)}: how many times as much.`,
    '',
    `| Services × endpoints | mode | ${MEASURES.map(([what]) => what).join(' | ')} |`,
    `|---|---|${MEASURES.map(() => '---:').join('|')}|`,
    ...pairs.map(line),
    '',
    ...furthest(pairs),
    '',
  ].join('\n');
}

function named({ about }: ResultsFile): string {
  return `${about.date} (Linux ${about.kernel}, ${about.options.clock})`;
}

function isSame(a: Row, b: Row): boolean {
  return a.mode === b.mode && a.services === b.services && a.endpoints === b.endpoints;
}

function line(pair: Pair): string {
  const cells = MEASURES.map(([, of]) => growth(pair, of)?.toFixed(3) ?? '');
  return `| ${sizeText(pair.is)} | ${MODES[pair.is.mode].title} | ${cells.join(' | ')} |`;
}

function growth({ was, is }: Pair, of: Of): number | undefined {
  const [a, b] = [of(was), of(is)];
  return a === undefined || b === undefined ? undefined : b / a;
}

/** How far the two are from each other, and how far the ratios of other modes to ours, where they are furthest. */
function furthest(pairs: readonly Pair[]): string[] {
  return [
    '| at most | the figure itself | where | its ratio to ours | where |',
    '|---|---:|---|---:|---|',
    ...MEASURES.map(([what, of]) => {
      const itself = largest(pairs.map((pair) => [pair, growth(pair, of)]));
      const ratio = largest(pairs.map((pair) => [pair, ratioGrowth(pair, pairs, of)]));
      return `| ${what} | ${itself} | ${ratio} |`;
    }),
  ];
}

function ratioGrowth(pair: Pair, pairs: readonly Pair[], of: Of): number | undefined {
  const ours = pairs.find(({ is }) => isSame(is, { ...pair.is, mode: 'ipvs' }));
  if (ours === undefined || ours === pair) return undefined;
  const [theirs, own] = [growth(pair, of), growth(ours, of)];
  return theirs === undefined || own === undefined ? undefined : theirs / own;
}

function largest(growths: readonly (readonly [Pair, number | undefined])[]): string {
  const apart = growths.flatMap(([{ is }, times]) =>
    times === undefined || Number.isNaN(times) ? [] : [{ is, part: Math.abs(times - 1) }],
  );
  const [most] = apart.sort((a, b) => b.part - a.part);
  if (most === undefined) return ' | ';
  return `${(most.part * 100).toFixed(1)} % | ${MODES[most.is.mode].title}, ${sizeText(most.is)}`;
}
