import type { Labels } from './exposition.js';
import { ExpositionText, labelText } from './exposition.js';
import type { TrafficTotals, TrafficView } from './service-traffic.js';

/** The statistics of Services as text for the metrics page. */
export function trafficText({ shown, rest, leftOut }: TrafficView): string {
  const texts = newTexts();
  for (const { owner, totals } of shown) addTotals(texts, labelsOf(owner), totals);
  if (leftOut > 0) addTotals(texts, REST, rest);
  const count = new ExpositionText(LEFT_OUT.name, 'gauge', LEFT_OUT.help);
  count.add('', leftOut);
  return [texts.connections, texts.packets, texts.bytes, count].join('');
}

type Texts = Readonly<Record<'connections' | 'packets' | 'bytes', ExpositionText>>;

/** For the documentation's test, too. */
export const LEFT_OUT = {
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

function addTotals({ connections, packets, bytes }: Texts, labels: Labels, totals: TrafficTotals): void {
  const incoming = labelText({ ...labels, direction: 'in' });
  const outgoing = labelText({ ...labels, direction: 'out' });
  connections.add(labelText(labels), totals.connections);
  packets.add(incoming, totals.inPackets);
  packets.add(outgoing, totals.outPackets);
  bytes.add(incoming, totals.inBytes);
  bytes.add(outgoing, totals.outBytes);
}

// The ledger's owner: neither a namespace nor a name contains `/` or `:` (RFC 1123 labels).
function labelsOf(owner: string): Labels {
  const [service = '', port = ''] = owner.split(':');
  const [namespace = '', name = ''] = service.split('/');
  return { service_namespace: namespace, service_name: name, service_port: port };
}
