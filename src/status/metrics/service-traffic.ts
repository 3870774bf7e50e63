import {
  type DataplaneTraffic,
  isNoTraffic,
  NO_TRAFFIC,
  type Traffic,
  trafficSince,
  trafficSum,
} from '../../model/counters.js';
import type { Ownership } from '../../model/dataplane.js';
import type { FrontendKey } from '../../model/frontend.js';
import { keyParts, serviceOfOwner } from '../../model/service-key.js';
import { ExpositionText, type Labels, labelText } from './exposition.js';

/** What one Service port shows: all of its frontends together. */
interface PortTraffic {
  /** `namespace/name:port`, or without the port where it has no name. */
  readonly owner: string;
  /** They only grow. */
  totals: Traffic;
}

interface TrafficView {
  readonly shown: readonly PortTraffic[];
  /** What went through those that are not shown, while they were not. */
  readonly rest: Traffic;
  readonly leftOut: number;
}

/**
 * Sums the kernel's counters up by Service port. A virtual server that is made anew, or zeroed by hand, begins at 0
 * again; so what counts is what came in since the last look, and a total never shrinks as long as its Service is there.
 *
 * At most `limit` Service ports are shown, those with the most connections. One that is shown counts double in this
 * comparison, so that two of about equal size do not take turns.
 */
export class ServiceTraffic {
  readonly #limit: number;
  /** Of the last look, those that had any traffic: in a large cluster most have none. */
  #seen: DataplaneTraffic = new Map();
  #ports = new Map<string, PortTraffic>();
  #shown: readonly PortTraffic[] = [];
  #rest = NO_TRAFFIC;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Takes a look of the kernel in, in pieces, of which none takes long; one look after the other. */
  *add(traffic: DataplaneTraffic, owned: ReadonlyMap<FrontendKey, Ownership>): Generator<void, TrafficView> {
    const shown = new Set(this.#shown);
    const ports = new Map<string, PortTraffic>();
    const seen = new Map<FrontendKey, Traffic>();
    for (const [key, now] of traffic) {
      yield;
      const owner = owned.get(key)?.owner;
      if (owner === undefined) continue;
      const port = ports.get(owner) ?? this.#ports.get(owner) ?? { owner, totals: NO_TRAFFIC };
      ports.set(owner, port);
      if (isNoTraffic(now)) continue;
      seen.set(key, now);
      const growth = trafficSince(this.#seen.get(key) ?? NO_TRAFFIC, now);
      port.totals = trafficSum(port.totals, growth);
      if (!shown.has(port)) this.#rest = trafficSum(this.#rest, growth);
    }
    this.#seen = seen;
    this.#ports = ports;
    this.#shown = this.#choose([...ports.values()], shown);
    return { shown: this.#shown, rest: this.#rest, leftOut: ports.size - this.#shown.length };
  }

  #choose(ports: PortTraffic[], shown: ReadonlySet<PortTraffic>): PortTraffic[] {
    if (ports.length <= this.#limit) return ports;
    const size = (port: PortTraffic) => (port.totals.connections + 1) * (shown.has(port) ? 2 : 1);
    // Sorted as numbers alone, which takes a tenth of the time.
    const smallest = Float64Array.from(ports, size).sort().at(-this.#limit) ?? 0;
    const [larger, equal] = [
      ports.filter((port) => size(port) > smallest),
      ports.filter((port) => size(port) === smallest),
    ];
    return [...larger, ...equal.slice(0, this.#limit - larger.length)];
  }
}

/** The statistics of Services as text for the metrics page, in pieces, of which none takes long. */
export function* trafficText({ shown, rest, leftOut }: TrafficView): Generator<void, string> {
  const texts = newTexts();
  for (const { owner, totals } of shown) yield addTotals(texts, labelsOf(owner), totals);
  if (leftOut > 0) addTotals(texts, REST, rest);
  const count = new ExpositionText(LEFT_OUT.name, 'gauge', LEFT_OUT.help);
  count.add('', leftOut);
  return [texts.connections, texts.packets, texts.bytes, count].join('');
}

type Texts = Readonly<Record<'connections' | 'packets' | 'bytes', ExpositionText>>;

const LEFT_OUT = {
  name: 'kube_ipvs_proxy_service_ports_left_out',
  help: 'Service ports without statistics of their own, since only those with the most connections are shown.',
};

/** The label values of the sum of those that are left out. No namespace has this name (RFC 1123 labels). */
const REST: Labels = { service_namespace: '', service_name: '_other', service_port: '' };

function newTexts(): Texts {
  const text = (name: string, help: string) =>
    new ExpositionText(`kube_ipvs_proxy_service_${name}`, 'counter', help);
  return {
    connections: text('connections_total', 'Connections that IPVS made for a Service port.'),
    packets: text('packets_total', 'Packets; in is from clients to endpoints.'),
    bytes: text('bytes_total', 'Bytes; in is from clients to endpoints.'),
  };
}

function addTotals({ connections, packets, bytes }: Texts, labels: Labels, totals: Traffic): void {
  const incoming = labelText({ ...labels, direction: 'in' });
  const outgoing = labelText({ ...labels, direction: 'out' });
  connections.add(labelText(labels), totals.connections);
  packets.add(incoming, totals.inPackets);
  packets.add(outgoing, totals.outPackets);
  bytes.add(incoming, totals.inBytes);
  bytes.add(outgoing, totals.outBytes);
}

function labelsOf(owner: string): Labels {
  const { namespace, name } = keyParts(serviceOfOwner(owner));
  const [, port = ''] = owner.split(':');
  return { service_namespace: namespace, service_name: name, service_port: port };
}
