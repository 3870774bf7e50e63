import { exponentialBuckets, Histogram, linearBuckets, type Registry } from 'prom-client';
import type { Family } from '../../model/address.js';
import type { PassReport } from '../../model/sync-state.js';

/** kube-proxy's, with the bucket 0 that its own list happens to begin with. */
const PROGRAMMING_BUCKETS = [
  0,
  ...linearBuckets(0.25, 0.25, 2),
  ...linearBuckets(1, 1, 59),
  ...linearBuckets(60, 5, 12),
  ...linearBuckets(120, 30, 7),
];

/** The durations; a pass adds a few values at most, so they go into the library at once. */
export class Histograms {
  readonly #families: readonly Family[];
  readonly #pass: Histogram<'ip_family'>;
  readonly #programming: Histogram<'ip_family'>;
  readonly #lag: Histogram;
  readonly #audit: Histogram;

  constructor(registry: Registry, families: readonly Family[]) {
    const registers = [registry];
    const labelNames = ['ip_family'] as const;
    this.#families = families;
    this.#pass = new Histogram({
      name: 'kubeproxy_sync_proxy_rules_duration_seconds',
      help: 'What a pass took. One pass serves both families and is shown for each of the node.',
      buckets: exponentialBuckets(0.001, 2, 15),
      labelNames,
      registers,
    });
    this.#programming = new Histogram({
      name: 'kubeproxy_network_programming_duration_seconds',
      help: 'From the change of a pod or Service, as its EndpointSlice tells it, to the acknowledgement of the kernel.',
      buckets: PROGRAMMING_BUCKETS,
      labelNames,
      registers,
    });
    this.#lag = new Histogram({
      name: 'kube_ipvs_proxy_change_lag_seconds',
      help: 'From the arrival of the oldest change of a pass to the last acknowledgement of the kernel.',
      buckets: exponentialBuckets(0.001, 2, 15),
      registers,
    });
    this.#audit = new Histogram({
      name: 'kube_ipvs_proxy_audit_duration_seconds',
      help: 'What comparing one slice of the data plane with the kernel took.',
      buckets: exponentialBuckets(0.001, 2, 12),
      registers,
    });
    for (const ip_family of families) {
      this.#pass.zero({ ip_family });
      this.#programming.zero({ ip_family });
    }
  }

  passed({ milliseconds, lag, auditMilliseconds }: PassReport): void {
    for (const ip_family of this.#families) this.#pass.observe({ ip_family }, milliseconds / 1000);
    if (lag !== undefined) this.#lag.observe(lag / 1000);
    if (auditMilliseconds !== undefined) this.#audit.observe(auditMilliseconds / 1000);
  }

  /**
   * Changes that happened at these times are programmed now; both are wall times, of two machines. A clock that runs behind that of
   * the control plane would make it negative, which counts as 0. No change says its family, so all are shown for the first.
   */
  programmed(triggers: readonly number[], now: number): void {
    const [ip_family] = this.#families;
    if (ip_family === undefined) return;
    for (const trigger of triggers)
      this.#programming.observe({ ip_family }, Math.max(0, now - trigger) / 1000);
  }
}
