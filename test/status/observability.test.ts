import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { atOnce } from '../../src/model/clock.js';
import { Counts } from '../../src/status/metrics/exposition.js';
import { metricRegistry } from '../../src/status/metrics/metrics-page.js';
import { trafficText } from '../../src/status/metrics/service-traffic.js';
import { Tally } from '../../src/status/metrics/tally.js';
import { parseExposition } from '../support/exposition.js';
import { quietSources } from '../support/metric-sources.js';

const PAGE = readFileSync(new URL('../../docs/observability.md', import.meta.url), 'utf8');

/** `name type label,label` of each row of the documentation's tables of metrics. */
function documented(): string[] {
  const rows = PAGE.matchAll(/^\| `([a-z_]+)` \| (counter|gauge|histogram) \| ([^|]*)\| \S/gm);
  return [...rows].map(([, name, type, labels = '']) => row(name, type, labels.match(/[a-z_]+/g) ?? []));
}

function registered(): string[] {
  const { registry } = metricRegistry({
    version: '1.2.3',
    families: ['IPv4'],
    sources: quietSources(),
    tally: new Tally(),
    times: { lastQueued: 0, lastPass: 0, settledServices: 0, settledEndpoints: 0 },
    events: new Counts('outcome'),
  });
  return registry.metrics.map(({ name, kind, labels = [] }) => row(name, kind, labels));
}

function ofTraffic(): string[] {
  const totals = { connections: 1, inPackets: 1, outPackets: 1, inBytes: 1, outBytes: 1 };
  const text = atOnce(trafficText({ shown: [{ owner: 'a/b:c', totals }], rest: totals, leftOut: 0 }));
  return [...parseExposition(text)].map(([name, { type, series }]) => {
    const [first = ''] = series.keys();
    return row(
      name,
      type,
      [...first.matchAll(/([a-z_]+)=/g)].map(([, label = '']) => label),
    );
  });
}

function row(name = '', type = '', labels: readonly string[]): string {
  return `${name} ${type} ${[...labels].sort().join(',')}`.trim();
}

describe('docs/observability.md', () => {
  it('lists every metric with its type and labels, and none that is not there', () => {
    expect(documented().sort()).toEqual([...registered(), ...ofTraffic()].sort());
  });
});
