import type { Family } from '../../model/address.js';
import type { MetricRow, Sample } from './exposition.js';
import type { MetricSources } from './metric-sources.js';
import type { SyncTimes, Tally } from './tally.js';

/**
 * kube-proxy's metrics, with its names and labels, as far as they have a true value here; docs/observability.md lists
 * the rest.
 */
export function kubeProxyMetrics(
  sources: MetricSources,
  tally: Tally,
  times: SyncTimes,
  families: readonly Family[],
): MetricRow[] {
  return [
    ...passMetrics(times, families),
    ...changeMetrics(sources, tally, times),
    ...failureMetrics(tally, families),
    ...requestMetrics(sources, tally),
  ];
}

/** One table serves both families, so that all of a node's families have the same value. */
function each(families: readonly Family[], value: number): Sample[] {
  return families.map((ip_family) => [{ ip_family }, value]);
}

function passMetrics(times: SyncTimes, families: readonly Family[]): MetricRow[] {
  return [
    {
      kind: 'gauge',
      name: 'kubeproxy_sync_proxy_rules_last_timestamp_seconds',
      help: 'When the last pass ended, in seconds since 1970; 0 before the first.',
      labels: ['ip_family'],
      read: () => each(families, times.lastPass / 1000),
    },
    {
      kind: 'gauge',
      name: 'kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds',
      help: 'When the last change arrived, in seconds since 1970; 0 before the first.',
      labels: ['ip_family'],
      read: () => each(families, times.lastQueued / 1000),
    },
  ];
}

function changeMetrics(sources: MetricSources, tally: Tally, times: SyncTimes): MetricRow[] {
  const services = () => serviceChanges(sources, tally);
  const endpoints = () => endpointChanges(sources);
  return [
    {
      kind: 'counter',
      name: 'kubeproxy_sync_proxy_rules_service_changes_total',
      help: 'Changes of Services received; with a folder as the source, Services touched by changes.',
      read: services,
    },
    {
      kind: 'gauge',
      name: 'kubeproxy_sync_proxy_rules_service_changes_pending',
      help: 'Changes of Services that no pass has taken in yet.',
      read: () => services() - times.settledServices,
    },
    {
      kind: 'counter',
      name: 'kubeproxy_sync_proxy_rules_endpoint_changes_total',
      help: 'Changes of EndpointSlices received.',
      read: endpoints,
    },
    {
      kind: 'gauge',
      name: 'kubeproxy_sync_proxy_rules_endpoint_changes_pending',
      help: 'Changes of EndpointSlices that no pass has taken in yet.',
      read: () => endpoints() - times.settledEndpoints,
    },
  ];
}

function failureMetrics(tally: Tally, families: readonly Family[]): MetricRow[] {
  return [
    {
      kind: 'counter',
      name: 'kubeproxy_sync_proxy_rules_iptables_restore_failures_total',
      help: 'Always 0: there is no iptables. It is here for dashboards and alerts.',
      labels: ['ip_family'],
      read: () => each(families, 0),
    },
    {
      kind: 'counter',
      name: 'kubeproxy_sync_proxy_rules_nftables_sync_failures_total',
      help: 'Batches in which nftables refused something. One table serves both families.',
      labels: ['ip_family'],
      read: () => each(families, tally.policyFailures),
    },
  ];
}

function requestMetrics(sources: MetricSources, tally: Tally): MetricRow[] {
  return [
    {
      kind: 'gauge',
      name: 'kubeproxy_sync_proxy_rules_no_local_endpoints_total',
      help: 'Services with a Local traffic policy and without endpoints on this node.',
      labels: ['ip_family', 'traffic_policy'],
      read: () => localGaps(sources),
    },
    {
      kind: 'counter',
      name: 'kubeproxy_proxy_healthz_total',
      help: 'Answers of /healthz by status.',
      labels: ['code'],
      read: () => tally.probes.healthz.samples(),
    },
    {
      kind: 'counter',
      name: 'kubeproxy_proxy_livez_total',
      help: 'Answers of /livez by status.',
      labels: ['code'],
      read: () => tally.probes.livez.samples(),
    },
    {
      kind: 'counter',
      name: 'rest_client_requests_total',
      help: 'Requests to the API server.',
      labels: ['code', 'method', 'host'],
      read: () => requests(sources),
    },
  ];
}

/** Changes of Services received. */
export function serviceChanges(sources: MetricSources, { changedServices }: Tally): number {
  return eventsOf(sources, 'services') ?? changedServices;
}

/** Changes of EndpointSlices received. */
export function endpointChanges(sources: MetricSources): number {
  return eventsOf(sources, 'endpointslices.discovery.k8s.io') ?? 0;
}

// Undefined where such objects are not watched.
function eventsOf({ watch }: MetricSources, resource: string): number | undefined {
  return watch?.().resources.find((one) => one.resource === resource)?.events;
}

function* localGaps({ withoutLocalEndpoints }: MetricSources): Generator<Sample> {
  for (const { family, policy, services } of withoutLocalEndpoints?.() ?? [])
    yield [{ ip_family: family, traffic_policy: policy }, services];
}

function* requests({ requests }: MetricSources): Generator<Sample> {
  for (const { method, code, host, count } of requests?.() ?? []) yield [{ method, code, host }, count];
}
