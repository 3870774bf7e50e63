import type { Change, Kind } from './change.js';
import { count } from './number-text.js';
import type { ChangeRuns, Results } from './results.js';
import { median, quantile } from './statistics.js';

/** How long one change took, by kind and number of Services. */
export function changesTable({ few, many }: ChangeRuns, size: Results['size']): string[] {
  const rows = (['remote', 'local'] as const).flatMap((kind) => [
    changeRow(kind, size.few, pooled(few, kind)),
    changeRow(kind, size.services, pooled(many, kind)),
  ]);
  return [
    '| one endpoint replaced, source to acknowledgement | changes | median | 90 % | 99 % | operations | messages | sends |',
    '|---|---:|---:|---:|---:|---:|---:|---:|',
    ...rows,
  ];
}

function changeRow(kind: Kind, services: number, samples: readonly Change[]): string {
  const milliseconds = samples.map((sample) => sample.milliseconds);
  const [median, ninety, ninetyNine] = [0.5, 0.9, 0.99].map((part) =>
    quantile(milliseconds, part).toFixed(2),
  );
  const largest = (of: (sample: Change) => number) => Math.max(...samples.map(of));
  const counts = [
    largest(({ operations }) => operations),
    largest(({ messages }) => messages),
    largest(({ sends }) => sends),
  ];
  return `| ${kind}, ${count(services)} Services | ${samples.length} | ${median} | ${ninety} | ${ninetyNine} | ${counts.join(' | ')} |`;
}

function pooled(runs: readonly Record<Kind, readonly Change[]>[], kind: Kind): Change[] {
  return runs.flatMap((samples) => [...samples[kind]]);
}

/** Medians: with all Services ÷ with few. */
export function growth({ few, many }: ChangeRuns, kind: Kind): number {
  const middle = (runs: ChangeRuns['few']) =>
    median(pooled(runs, kind).map(({ milliseconds }) => milliseconds));
  return middle(many) / middle(few);
}

export function most({ many }: ChangeRuns, kind: Kind, of: (change: Change) => number): number {
  return Math.max(...pooled(many, kind).map(of));
}
