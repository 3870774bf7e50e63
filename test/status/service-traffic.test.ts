import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { atOnce } from '../../src/model/clock.js';
import type { Traffic } from '../../src/model/counters.js';
import type { Ownership } from '../../src/model/dataplane.js';
import { type FrontendKey, frontend } from '../../src/model/frontend.js';
import { ServiceTraffic, trafficText } from '../../src/status/metrics/service-traffic.js';
import { VIP_A, VIP_A6, VIP_B } from '../support/addresses.js';
import { parseExposition } from '../support/exposition.js';

const WEB_4 = frontend(VIP_A, 80, 'TCP');
const WEB_6 = frontend(VIP_A6, 80, 'TCP');
const DNS = frontend(VIP_B, 53, 'UDP');
const OWNED = new Map<FrontendKey, Ownership>([
  [WEB_4.key, { frontend: WEB_4, owner: 'default/web:http' }],
  [WEB_6.key, { frontend: WEB_6, owner: 'default/web:http' }],
  [DNS.key, { frontend: DNS, owner: 'kube-system/dns' }],
]);

function traffic(connections: number, rest: Partial<Traffic> = {}): Traffic {
  return { connections, inPackets: 0, outPackets: 0, inBytes: 0, outBytes: 0, ...rest };
}

function look(counts: Partial<Record<'web4' | 'web6' | 'dns', Traffic>>): Map<FrontendKey, Traffic> {
  const keys = { web4: WEB_4.key, web6: WEB_6.key, dns: DNS.key };
  return new Map(Object.entries(counts).map(([name, seen]) => [keys[name as keyof typeof keys], seen]));
}

const connections = (text: string) =>
  Object.fromEntries(parseExposition(text).get('kube_ipvs_proxy_service_connections_total')?.series ?? []);

const WEB =
  'kube_ipvs_proxy_service_connections_total{service_namespace="default",service_name="web",service_port="http"}';
const DNS_PORT =
  'kube_ipvs_proxy_service_connections_total{service_namespace="kube-system",service_name="dns",service_port=""}';
const OTHER =
  'kube_ipvs_proxy_service_connections_total{service_namespace="",service_name="_other",service_port=""}';

describe('the statistics of a Service port', () => {
  it('are those of all its frontends together', () => {
    const sums = new ServiceTraffic(10);
    const counted = traffic(2, { inPackets: 3, outPackets: 4, inBytes: 2 ** 40, outBytes: 6 });
    const view = atOnce(sums.add(look({ web4: counted, web6: counted }), OWNED));
    const page = parseExposition(atOnce(trafficText(view)));
    const labels = 'service_namespace="default",service_name="web",service_port="http"';
    expect([...page.values()].flatMap(({ series }) => [...series])).toEqual([
      [`kube_ipvs_proxy_service_connections_total{${labels}}`, 4],
      [`kube_ipvs_proxy_service_packets_total{${labels},direction="in"}`, 6],
      [`kube_ipvs_proxy_service_packets_total{${labels},direction="out"}`, 8],
      [`kube_ipvs_proxy_service_bytes_total{${labels},direction="in"}`, 2 ** 41],
      [`kube_ipvs_proxy_service_bytes_total{${labels},direction="out"}`, 12],
      ['kube_ipvs_proxy_service_ports_left_out', 0],
    ]);
  });

  it('grow on when a virtual server is made anew, zeroed or gone', () => {
    const sums = new ServiceTraffic(10);
    atOnce(sums.add(look({ web4: traffic(10), web6: traffic(5) }), OWNED));
    atOnce(sums.add(look({ web4: traffic(3), web6: traffic(6) }), OWNED));
    const view = atOnce(sums.add(look({ web6: traffic(8) }), OWNED));
    expect(connections(atOnce(trafficText(view)))).toEqual({ [WEB]: 10 + 5 + 3 + 1 + 2 });
  });

  it('of virtual servers without an owner are not shown', () => {
    const view = atOnce(new ServiceTraffic(10).add(look({ web4: traffic(1) }), new Map()));
    expect(connections(atOnce(trafficText(view)))).toEqual({});
  });

  it('are shown for the busiest; the others are summed up while they are not shown', () => {
    const sums = new ServiceTraffic(1);
    const first = atOnce(sums.add(look({ web4: traffic(10), dns: traffic(4) }), OWNED));
    expect(connections(atOnce(trafficText(first)))).toMatchObject({ [WEB]: 10 });
    const second = atOnce(sums.add(look({ web4: traffic(10), dns: traffic(9) }), OWNED));
    expect(second.leftOut).toBe(1);
    const third = atOnce(sums.add(look({ web4: traffic(11), dns: traffic(15) }), OWNED));
    expect(connections(atOnce(trafficText(third)))).toMatchObject({ [WEB]: 11 });
    const fourth = atOnce(sums.add(look({ web4: traffic(11), dns: traffic(30) }), OWNED));
    expect(connections(atOnce(trafficText(fourth)))).toMatchObject({ [DNS_PORT]: 30 });
  });

  it('never shrink while the Service is there, whatever the kernel says', () => {
    const counts = fc.option(fc.nat({ max: 100 }), { nil: undefined });
    const looks = fc.array(fc.record({ web4: counts, web6: counts, dns: counts }), { minLength: 2 });
    fc.assert(
      fc.property(looks, fc.integer({ min: 1, max: 3 }), (steps, limit) => {
        const sums = new ServiceTraffic(limit);
        const highest: Record<string, number> = {};
        for (const step of steps) {
          const seen = Object.entries(step).flatMap(([name, count]) =>
            count === undefined ? [] : [[name, traffic(count)] as const],
          );
          const present = step.dns !== undefined && (step.web4 ?? step.web6) !== undefined;
          const shown = connections(
            atOnce(trafficText(atOnce(sums.add(look(Object.fromEntries(seen)), OWNED)))),
          );
          if (!present) delete highest[WEB];
          if (!present) delete highest[DNS_PORT];
          for (const [series, value] of Object.entries(shown)) {
            expect(value).toBeGreaterThanOrEqual(highest[series] ?? 0);
            highest[series] = value;
          }
        }
      }),
    );
  });
});

describe('the sum of the others', () => {
  it('is there only while a Service port is left out', () => {
    const sums = new ServiceTraffic(1);
    const both = atOnce(sums.add(look({ web4: traffic(10), dns: traffic(4) }), OWNED));
    expect(connections(atOnce(trafficText(both)))).toHaveProperty([OTHER]);
    const one = atOnce(sums.add(look({ web4: traffic(10) }), OWNED));
    expect(connections(atOnce(trafficText(one)))).not.toHaveProperty([OTHER]);
  });
});
