import type { Family } from '../../model/address.js';
import type { PassReport } from '../../model/sync-state.js';
import { ExpositionText, type Labels, labelText, type Metric, numberText } from './exposition.js';

/** How many values are at most as large as each of some bounds, with or without one label. */
export class Histogram implements Metric {
  readonly kind = 'histogram';
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly #bounds: readonly number[];
  readonly #series: ReadonlyMap<string, Observations>;

  /** `bounds` in ascending order, without +Inf. `values`: of the label, each shown from the start. */
  constructor(
    name: string,
    help: string,
    bounds: readonly number[],
    label?: { readonly name: string; readonly values: readonly string[] },
  ) {
    this.name = name;
    this.help = help;
    this.labels = label === undefined ? [] : [label.name];
    this.#bounds = bounds;
    this.#series = new Map((label?.values ?? ['']).map((value) => [value, noObservations(bounds)]));
  }

  observe(value: number, label = ''): void {
    const series = this.#series.get(label);
    if (series === undefined) return;
    series.sum += value;
    series.count++;
    const bucket = this.#bounds.findIndex((bound) => value <= bound);
    const inBucket = series.buckets[bucket];
    if (inBucket !== undefined) series.buckets[bucket] = inBucket + 1;
  }

  text(): string {
    const text = new ExpositionText(this.name, this.kind, this.help);
    for (const [value, observations] of this.#series) this.#addSeries(text, value, observations);
    return text.toString();
  }

  // A bucket of the page holds all that is not above its bound, so also what is in those before it.
  #addSeries(text: ExpositionText, value: string, { buckets, count, sum }: Observations): void {
    const [name] = this.labels;
    const labels: Labels = name === undefined ? {} : { [name]: value };
    let below = 0;
    this.#bounds.forEach((bound, index) => {
      below += buckets[index] ?? 0;
      text.add(labelText({ le: numberText(bound), ...labels }), below, '_bucket');
    });
    text.add(labelText({ le: '+Inf', ...labels }), count, '_bucket');
    text.add(labelText(labels), sum, '_sum');
    text.add(labelText(labels), count, '_count');
  }
}

interface Observations {
  /** By bound; what is above the last is in `count` only. */
  readonly buckets: number[];
  count: number;
  sum: number;
}

function noObservations(bounds: readonly number[]): Observations {
  return { buckets: bounds.map(() => 0), count: 0, sum: 0 };
}

/** `count` numbers from `start`, each `step` above the one before it. */
function linear(start: number, step: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => start + step * index);
}

/** `count` numbers from a millisecond, each twice the one before it. */
function doubling(count: number): number[] {
  return Array.from({ length: count }, (_, index) => 0.001 * 2 ** index);
}

/** kube-proxy's, with the bucket 0 that its own list happens to begin with. */
const PROGRAMMING_BUCKETS = [
  0,
  ...linear(0.25, 0.25, 2),
  ...linear(1, 1, 59),
  ...linear(60, 5, 12),
  ...linear(120, 30, 7),
];

/** The durations. */
export class Histograms {
  readonly #families: readonly Family[];
  readonly #pass: Histogram;
  readonly #programming: Histogram;
  readonly #lag: Histogram;
  readonly #audit: Histogram;

  constructor(families: readonly Family[]) {
    const byFamily = { name: 'ip_family', values: families };
    this.#families = families;
    this.#pass = new Histogram(
      'kubeproxy_sync_proxy_rules_duration_seconds',
      'What a pass took. One pass serves both families and is shown for each of the node.',
      doubling(15),
      byFamily,
    );
    this.#programming = new Histogram(
      'kubeproxy_network_programming_duration_seconds',
      'From the change of a pod or Service, as its EndpointSlice says it, to the acknowledgement of the kernel.',
      PROGRAMMING_BUCKETS,
      byFamily,
    );
    this.#lag = new Histogram(
      'kube_ipvs_proxy_change_lag_seconds',
      'From the arrival of the oldest change of a pass to the last acknowledgement of the kernel.',
      doubling(15),
    );
    this.#audit = new Histogram(
      'kube_ipvs_proxy_audit_duration_seconds',
      'What comparing one slice of the data plane with the kernel took.',
      doubling(12),
    );
  }

  get metrics(): readonly Metric[] {
    return [this.#pass, this.#programming, this.#lag, this.#audit];
  }

  passed({ milliseconds, lag, auditMilliseconds }: PassReport): void {
    for (const family of this.#families) this.#pass.observe(milliseconds / 1000, family);
    if (lag !== undefined) this.#lag.observe(lag / 1000);
    if (auditMilliseconds !== undefined) this.#audit.observe(auditMilliseconds / 1000);
  }

  /**
   * Changes that happened at these times are programmed now; both are wall times, of two machines. A clock that runs
   * behind that of the control plane would make it negative, which counts as 0. No change says its family, so all are
   * shown for the first.
   */
  programmed(triggers: readonly number[], now: number): void {
    const [family] = this.#families;
    for (const trigger of triggers) this.#programming.observe(Math.max(0, now - trigger) / 1000, family);
  }
}
