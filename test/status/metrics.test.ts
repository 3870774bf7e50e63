import { describe, expect, it, vi } from 'vitest';
import { DataplaneState } from '../../src/model/dataplane-state.js';
import { frontend } from '../../src/model/frontend.js';
import { DONE, failed } from '../../src/model/operation.js';
import { realServer } from '../../src/model/real-server.js';
import type { PassReport } from '../../src/model/sync-state.js';
import type { VirtualServer } from '../../src/model/virtual-server.js';
import type { ResourceStatistics } from '../../src/model/watch-statistics.js';
import { Counts } from '../../src/status/metrics/exposition.js';
import type { MetricSources } from '../../src/status/metrics/metric-sources.js';
import { metricRegistry } from '../../src/status/metrics/metrics-page.js';
import { Tally } from '../../src/status/metrics/tally.js';
import { address, POD_1, POD_1_6, POD_2, VIP_A, VIP_A6 } from '../support/addresses.js';
import { parseExposition } from '../support/exposition.js';
import { QUIET_STATE, quietSources } from '../support/metric-sources.js';
import { mostBetweenTurns } from '../support/turns.js';

const NOTHING = { lastQueued: 0, lastPass: 0, settledServices: 0, settledEndpoints: 0 };
const IDLE: PassReport = {
  milliseconds: 4,
  lag: undefined,
  services: 0,
  done: new Map(),
  refused: 0,
  skipped: 0,
  drift: 0,
};
const SETTINGS = { scheduler: 'rr', schedulerFlags: '' as const, persistenceTimeout: 0 };

function registered(changes: Partial<MetricSources> = {}, times = NOTHING) {
  const tally = new Tally();
  const events = new Counts('outcome');
  const sources = quietSources(changes);
  const { registry, histograms, prepare } = metricRegistry({
    version: '1.2.3',
    families: ['IPv4', 'IPv6'],
    sources,
    tally,
    times,
    events,
  });
  const page = async () => parseExposition(registry.text());
  const series = async (name: string) => Object.fromEntries((await page()).get(name)?.series ?? []);
  return { tally, histograms, prepare, page, series };
}

function programmed(): DataplaneState {
  const state = new DataplaneState();
  for (const [vip, pods] of [
    [VIP_A, [realServer(POD_1, 80, 1), realServer(POD_2, 80, 0)]],
    [VIP_A6, [realServer(POD_1_6, 80, 1)]],
  ] as const) {
    const front = frontend(vip, 80, 'TCP');
    state.acknowledge({ kind: 'bind-vip', address: vip });
    state.acknowledge({ kind: 'add-virtual-server', frontend: front, settings: SETTINGS });
    for (const server of pods) state.acknowledge({ kind: 'add-real-server', frontend: front, server });
  }
  state.foreign.add(frontend(VIP_A, 1, 'UDP').key);
  return state;
}

/** So many virtual servers, of which is counted how often their real servers are looked at. */
function countedServers(count: number) {
  const state = new DataplaneState();
  const looks = { count: 0 };
  for (let index = 0; index < count; index++) {
    const front = frontend(address(`10.97.${index >> 8}.${index & 255}`), 80, 'TCP');
    state.acknowledge({ kind: 'add-virtual-server', frontend: front, settings: SETTINGS });
    const server = { ...(state.virtualServers.get(front.key) as VirtualServer) };
    const { realServers } = server;
    Object.defineProperty(server, 'realServers', {
      get() {
        looks.count++;
        return realServers;
      },
    });
    state.virtualServers.set(front.key, server);
  }
  return { state, looks };
}

describe('of a large data plane a scrape', () => {
  it('counts in pieces, and not a second time at once where passes go on meanwhile', async () => {
    const { state, looks } = countedServers(2_000);
    const { tally, prepare, page } = registered({ observed: () => state });
    let now = performance.now();
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => {
      now += 10;
      return now;
    });
    const most = await mostBetweenTurns(
      async () => {
        const prepared = prepare();
        tally.passed({ ...IDLE, services: 1 });
        await prepared;
        await page();
      },
      () => looks.count,
    );
    clock.mockRestore();
    expect(looks.count).toBe(2_000);
    expect(most).toBeLessThanOrEqual(200);
  });
});

describe('the metrics', () => {
  it('are a valid page, with a help text each', async () => {
    const page = await registered().page();
    expect(page.size).toBeGreaterThan(40);
    for (const { help } of page.values()) expect(help).toMatch(/[.]$/);
  });

  it('have the buckets of kube-proxy', async () => {
    const { page } = registered();
    const bounds = async (name: string) =>
      [...((await page()).get(name)?.series.keys() ?? [])].flatMap((series) => {
        const match = /_bucket\{le="([^"]+)",ip_family="IPv4"\}/.exec(series);
        return match === null ? [] : [Number(match[1]?.replace('+Inf', 'Infinity'))];
      });
    const passes = await bounds('kubeproxy_sync_proxy_rules_duration_seconds');
    expect(passes).toEqual([
      ...Array.from({ length: 15 }, (_, n) => 0.001 * 2 ** n),
      Number.POSITIVE_INFINITY,
    ]);
    const programming = await bounds('kubeproxy_network_programming_duration_seconds');
    expect(programming).toHaveLength(82);
    expect(programming.slice(0, 5)).toEqual([0, 0.25, 0.5, 1, 2]);
    expect(programming.slice(-9)).toEqual([115, 120, 150, 180, 210, 240, 270, 300, Number.POSITIVE_INFINITY]);
  });

  it('show what a pass took for each family, and the lag only of passes that changes began', async () => {
    const { histograms, series } = registered();
    histograms.passed({ ...IDLE, auditMilliseconds: 3 });
    histograms.passed({ ...IDLE, lag: 1_500 });
    histograms.programmed([1_000, 2_000], 1_700);
    expect(await series('kubeproxy_sync_proxy_rules_duration_seconds')).toMatchObject({
      'kubeproxy_sync_proxy_rules_duration_seconds_count{ip_family="IPv4"}': 2,
      'kubeproxy_sync_proxy_rules_duration_seconds_sum{ip_family="IPv6"}': 0.008,
    });
    expect(await series('kube_ipvs_proxy_change_lag_seconds')).toMatchObject({
      kube_ipvs_proxy_change_lag_seconds_count: 1,
      kube_ipvs_proxy_change_lag_seconds_sum: 1.5,
    });
    expect(await series('kube_ipvs_proxy_audit_duration_seconds')).toMatchObject({
      kube_ipvs_proxy_audit_duration_seconds_count: 1,
    });
    expect(await series('kubeproxy_network_programming_duration_seconds')).toMatchObject({
      'kubeproxy_network_programming_duration_seconds_bucket{le="0",ip_family="IPv4"}': 1,
      'kubeproxy_network_programming_duration_seconds_sum{ip_family="IPv4"}': 0.7,
      'kubeproxy_network_programming_duration_seconds_count{ip_family="IPv6"}': 0,
    });
  });

  it('count operations by kind and outcome, and refusals by errno', async () => {
    const { tally, series } = registered();
    const front = frontend(VIP_A, 80, 'TCP');
    const bind = { kind: 'bind-vip', address: VIP_A } as const;
    const open = { kind: 'open-frontend', frontend: front } as const;
    tally.performed([bind, bind, open], [DONE, failed('ENODEV'), failed('ENOENT')]);
    tally.passed({ ...IDLE, refused: 2, skipped: 5 });
    tally.passFailed();
    expect(await series('kube_ipvs_proxy_operations_total')).toEqual({
      'kube_ipvs_proxy_operations_total{operation="bind-vip",outcome="done"}': 1,
      'kube_ipvs_proxy_operations_total{operation="bind-vip",outcome="failed"}': 1,
      'kube_ipvs_proxy_operations_total{operation="open-frontend",outcome="failed"}': 1,
    });
    expect(await series('kube_ipvs_proxy_operation_errors_total')).toEqual({
      'kube_ipvs_proxy_operation_errors_total{errno="ENODEV"}': 1,
      'kube_ipvs_proxy_operation_errors_total{errno="ENOENT"}': 1,
    });
    expect(await series('kube_ipvs_proxy_operations_skipped_total')).toEqual({
      kube_ipvs_proxy_operations_skipped_total: 5,
    });
    expect(await series('kube_ipvs_proxy_passes_total')).toEqual({
      'kube_ipvs_proxy_passes_total{outcome="done"}': 1,
      'kube_ipvs_proxy_passes_total{outcome="failed"}': 1,
    });
    expect(await series('kubeproxy_sync_proxy_rules_nftables_sync_failures_total')).toMatchObject({
      'kubeproxy_sync_proxy_rules_nftables_sync_failures_total{ip_family="IPv4"}': 1,
    });
  });

  it('count drift and ended drains by kind where a pass distinguishes them', async () => {
    const { tally, series } = registered();
    tally.passed({ ...IDLE, drift: 2 });
    tally.passed({
      ...IDLE,
      drift: 3,
      driftFound: new Map([['vip', 3]]),
      driftRepaired: new Map([['vip', 1]]),
      drainsEnded: new Map([['deadline', 2]]),
    });
    expect(await series('kube_ipvs_proxy_drift_found_total')).toEqual({
      'kube_ipvs_proxy_drift_found_total{kind="any"}': 2,
      'kube_ipvs_proxy_drift_found_total{kind="vip"}': 3,
    });
    expect(await series('kube_ipvs_proxy_drift_repaired_total')).toEqual({
      'kube_ipvs_proxy_drift_repaired_total{kind="vip"}': 1,
    });
    expect(await series('kube_ipvs_proxy_drains_ended_total')).toEqual({
      'kube_ipvs_proxy_drains_ended_total{reason="deadline"}': 2,
    });
  });

  it('count what is in the kernel, by family', async () => {
    const { series } = registered({ observed: programmed });
    expect(await series('kube_ipvs_proxy_real_servers')).toEqual({
      'kube_ipvs_proxy_real_servers{ip_family="IPv4",state="active"}': 1,
      'kube_ipvs_proxy_real_servers{ip_family="IPv4",state="draining"}': 1,
      'kube_ipvs_proxy_real_servers{ip_family="IPv6",state="active"}': 1,
      'kube_ipvs_proxy_real_servers{ip_family="IPv6",state="draining"}': 0,
    });
    expect(await series('kube_ipvs_proxy_virtual_servers')).toEqual({
      'kube_ipvs_proxy_virtual_servers{ip_family="IPv4"}': 1,
      'kube_ipvs_proxy_virtual_servers{ip_family="IPv6"}': 1,
    });
    expect(await series('kube_ipvs_proxy_foreign_virtual_servers')).toEqual({
      kube_ipvs_proxy_foreign_virtual_servers: 1,
    });
  });

  it('count the data plane once a scrape, and only after passes that may have changed it', async () => {
    let looks = 0;
    const observed = () => {
      looks++;
      return programmed();
    };
    const { page, tally } = registered({ observed });
    const looksAfter = async (...reports: PassReport[]) => {
      for (const report of reports) tally.passed(report);
      await page();
      return looks;
    };
    expect(await looksAfter()).toBe(1);
    expect(await looksAfter(IDLE)).toBe(1);
    expect(await looksAfter({ ...IDLE, services: 1 })).toBe(2);
    expect(await looksAfter({ ...IDLE, drift: 1 })).toBe(3);
    expect(await looksAfter({ ...IDLE, done: new Map([['bind-vip', 1]]) })).toBe(4);
  });

  it('count problems by kind, those that are not there as 0', async () => {
    const problem = { kind: 'object', subject: 's', message: 'm.', remedy: 'r.' } as const;
    const { series } = registered({ state: () => ({ ...QUIET_STATE, problems: [problem, problem] }) });
    expect(await series('kube_ipvs_proxy_problems')).toEqual({
      'kube_ipvs_proxy_problems{kind="source"}': 0,
      'kube_ipvs_proxy_problems{kind="object"}': 2,
      'kube_ipvs_proxy_problems{kind="conflict"}': 0,
      'kube_ipvs_proxy_problems{kind="kernel"}': 0,
    });
  });

  it('show what the watches went through, and what of it is not programmed yet', async () => {
    const watched: ResourceStatistics = {
      resource: 'services',
      objects: 3,
      complete: true,
      served: true,
      lists: 1,
      watches: 3,
      events: 7,
      bookmarks: 5,
      restarts: { expired: 2 },
      corruptLines: 0,
      untranslatable: 1,
    };
    const slices = { ...watched, resource: 'endpointslices.discovery.k8s.io', events: 9 };
    const watch = () => ({ resources: [watched, slices] });
    const { series } = registered({ watch }, { ...NOTHING, settledServices: 5, settledEndpoints: 9 });
    expect(await series('kube_ipvs_proxy_watch_restarts_total')).toEqual({
      'kube_ipvs_proxy_watch_restarts_total{resource="services",reason="expired"}': 2,
      'kube_ipvs_proxy_watch_restarts_total{resource="endpointslices.discovery.k8s.io",reason="expired"}': 2,
    });
    expect(await series('kubeproxy_sync_proxy_rules_service_changes_total')).toEqual({
      kubeproxy_sync_proxy_rules_service_changes_total: 7,
    });
    expect(await series('kubeproxy_sync_proxy_rules_service_changes_pending')).toEqual({
      kubeproxy_sync_proxy_rules_service_changes_pending: 2,
    });
    expect(await series('kubeproxy_sync_proxy_rules_endpoint_changes_pending')).toEqual({
      kubeproxy_sync_proxy_rules_endpoint_changes_pending: 0,
    });
  });

  it('show requests and Services without local endpoints where the source counts them', async () => {
    const { series } = registered({
      requests: () => [{ method: 'GET', code: '200', host: 'api:6443', count: 4 }],
      withoutLocalEndpoints: () => [{ family: 'IPv4', policy: 'external', services: 2 }],
    });
    expect(await series('rest_client_requests_total')).toEqual({
      'rest_client_requests_total{method="GET",code="200",host="api:6443"}': 4,
    });
    expect(await series('kubeproxy_sync_proxy_rules_no_local_endpoints_total')).toEqual({
      'kubeproxy_sync_proxy_rules_no_local_endpoints_total{ip_family="IPv4",traffic_policy="external"}': 2,
    });
  });

  it('show version and cost of the process', async () => {
    const { page } = registered();
    const metrics = await page();
    expect([...(metrics.get('kubernetes_build_info')?.series ?? [])][0]?.[0]).toContain(
      'git_version="v1.2.3",major="1",minor="2"',
    );
    for (const name of [
      'cpu_seconds_total',
      'resident_memory_bytes',
      'virtual_memory_bytes',
      'open_fds',
      'max_fds',
    ])
      expect(metrics.get(`process_${name}`)?.series.get(`process_${name}`)).toBeGreaterThan(0);
  });
});
