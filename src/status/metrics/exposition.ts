/**
 * Metrics as text in Prometheus' exposition format 0.0.4, written by hand: docs/dependencies.md says why no library
 * does it.
 */
export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export type Labels = Readonly<Record<string, string>>;

/** One series of a metric and its value now. */
export type Sample = readonly [labels: Labels, value: number];

/** A metric of the page: whatever can write its own lines. */
export interface Metric {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
  /** Everything of it, with HELP and TYPE. */
  text(): string;
}

/**
 * A metric whose values are read at each scrape: what it counts is kept in plain numbers, since the work that is
 * counted should cost more than the counting.
 */
export interface MetricRow extends Omit<Metric, 'text'> {
  readonly kind: 'counter' | 'gauge';
  /** All series of this moment; a series that is not among them is not shown. */
  readonly read: () => number | Iterable<Sample>;
}

/** The metrics of a page, in its order. */
export class MetricRegistry {
  readonly #metrics = new Map<string, Metric>();

  get metrics(): readonly Metric[] {
    return [...this.#metrics.values()];
  }

  /** Throws RangeError for a name that is there already: Prometheus would refuse the whole page. */
  add(metric: Metric): void {
    if (this.#metrics.has(metric.name)) throw new RangeError(`${metric.name} is registered twice`);
    this.#metrics.set(metric.name, metric);
  }

  addRow(row: MetricRow): void {
    this.add({ ...row, text: () => rowText(row) });
  }

  text(): string {
    let page = '';
    for (const metric of this.#metrics.values()) page += metric.text();
    return page;
  }
}

function rowText({ name, kind, help, read }: MetricRow): string {
  const text = new ExpositionText(name, kind, help);
  const now = read();
  if (typeof now === 'number') text.add('', now);
  else for (const [labels, value] of now) text.add(labelText(labels), value);
  return text.toString();
}

/** The lines of one metric. */
export class ExpositionText {
  #text: string;
  readonly #name: string;

  constructor(name: string, kind: Metric['kind'], help: string) {
    this.#name = name;
    this.#text = `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${kind}\n`;
  }

  /** `labels` as `labelText` writes them: series of several metrics share them. `suffix`: as histograms have it. */
  add(labels: string, value: number, suffix: '' | '_bucket' | '_sum' | '_count' = ''): void {
    this.#text += `${this.#name}${suffix}${labels} ${numberText(value)}\n`;
  }

  toString(): string {
    return this.#text;
  }
}

/** `{name="value",…}`; empty without labels. */
export function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

/** As Go's ParseFloat reads it. */
export function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function escapeLabel(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"');
}

/** Counts by one or several label values, as plain numbers. */
export class Counts {
  readonly #labels: readonly string[];
  readonly #counts = new Map<string, number>();

  constructor(...labels: string[]) {
    this.#labels = labels;
  }

  /** `values` in the order of the labels. */
  add(count: number, ...values: string[]): void {
    if (count === 0) return;
    const key = values.join('\n');
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + count);
  }

  *samples(): Generator<Sample> {
    for (const [key, count] of this.#counts) {
      const values = key.split('\n');
      const labels: Labels = Object.fromEntries(
        this.#labels.map((label, index) => [label, values[index] ?? '']),
      );
      yield [labels, count];
    }
  }
}
