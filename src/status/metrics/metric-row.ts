import { Counter, Gauge, type Registry } from 'prom-client';

export type Labels = Readonly<Record<string, string>>;

/** One series of a metric and its value now. */
export type Sample = readonly [labels: Labels, value: number];

/**
 * A metric that is read when somebody scrapes: what it counts is kept in plain numbers, since a call into the metrics library
 * for each operation would cost more than the operation.
 */
export interface MetricRow {
  readonly kind: 'counter' | 'gauge';
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
  /** All series of this moment; a series that is not among them is not shown. */
  readonly read: () => number | Iterable<Sample>;
}

export function register(registry: Registry, { kind, name, help, labels = [], read }: MetricRow): void {
  const parts = { name, help, labelNames: [...labels], registers: [registry] };
  if (kind === 'counter')
    new Counter({
      ...parts,
      collect() {
        this.reset();
        for (const [series, value] of samplesOf(read())) this.inc(series, value);
      },
    });
  else
    new Gauge({
      ...parts,
      collect() {
        this.reset();
        for (const [series, value] of samplesOf(read())) this.set(series, value);
      },
    });
}

function samplesOf(read: number | Iterable<Sample>): Iterable<Sample> {
  return typeof read === 'number' ? [[{}, read]] : read;
}
