import { describe, expect, it } from 'vitest';
import type { DataplaneTraffic } from '../../src/model/counters.js';
import { MetricRegistry } from '../../src/status/metrics/exposition.js';
import { MetricsPage } from '../../src/status/metrics/metrics-page.js';
import { Tally } from '../../src/status/metrics/tally.js';
import { parseExposition } from '../support/exposition.js';
import { quietSources } from '../support/metric-sources.js';

function pageOf(trafficLimit: number, traffic: () => Promise<DataplaneTraffic>) {
  const registry = new MetricRegistry();
  registry.addRow({ kind: 'gauge', name: 'up', help: 'Up.', read: () => 1 });
  const tally = new Tally();
  return { tally, page: new MetricsPage(registry, quietSources({ traffic }), tally, trafficLimit) };
}

describe('the metrics page', () => {
  it('has the statistics of Services after the rest', async () => {
    const { page } = pageOf(1, async () => new Map());
    const { text, contentType } = await page.page();
    expect([...parseExposition(text).keys()]).toEqual([
      'up',
      'kube_ipvs_proxy_service_connections_total',
      'kube_ipvs_proxy_service_packets_total',
      'kube_ipvs_proxy_service_bytes_total',
      'kube_ipvs_proxy_service_ports_left_out',
    ]);
    expect(contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
  });

  it('does not ask the kernel when the statistics are switched off', async () => {
    const { page } = pageOf(0, () => Promise.reject(new Error('asked')));
    expect([...parseExposition((await page.page()).text).keys()]).toEqual(['up']);
  });

  it('goes without the statistics when the kernel cannot be read, and counts that', async () => {
    const { page, tally } = pageOf(1, () => Promise.reject(new Error('ENOBUFS')));
    expect([...parseExposition((await page.page()).text).keys()]).toEqual(['up']);
    expect(tally.trafficFailures).toBe(1);
  });

  it('is made once for all who ask at the same time', async () => {
    let looks = 0;
    const { page } = pageOf(1, async () => {
      looks++;
      return new Map();
    });
    await Promise.all([page.page(), page.page()]);
    expect(looks).toBe(1);
    await page.page();
    expect(looks).toBe(2);
  });
});
