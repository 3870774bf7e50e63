import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Address } from '../../model/address.js';
import { type Frontend, hostPort } from '../../model/frontend.js';
import type { AffinityFact, ConnectionFact } from '../../model/kernel-facts.js';
import type { RealServerKey } from '../../model/real-server.js';
import { addressIn } from '../netlink/proc-ip-vs-conn.js';

interface ClientEntries {
  readonly affinity: readonly AffinityFact[];
  readonly connections: readonly ConnectionFact[];
}

/** Different ways and states; who has more has enough. */
const MOST_KINDS = 100;

/**
 * What IPVS remembers of one client at some frontends, from /proc/net/ip_vs_conn (ip_vs_conn_seq_show() in
 * net/netfilter/ipvs/ip_vs_conn.c). Line by line: a node may have a million connections.
 */
export async function readClientEntries(
  file: string,
  client: Address,
  frontends: readonly Frontend[],
): Promise<ClientEntries> {
  const affinity: AffinityFact[] = [];
  const connections = new Map<string, ConnectionFact>();
  const places = new Map(frontends.map((frontend) => [placeOf(frontend), frontend]));
  for await (const line of createInterface({ input: createReadStream(file, 'latin1') })) {
    const words = line.trim().split(/\s+/);
    const [protocol = '', from = '', fromPort = '', to = '', toPort = '', server = '', serverPort = ''] =
      words;
    if (addressIn(from) !== client) continue;
    const frontend =
      places.get(`${addressIn(to)} ${Number.parseInt(toPort, 16)} ${protocol}`) ?? places.get(to);
    const address = addressIn(server);
    if (frontend === undefined || address === undefined) continue;
    const key = hostPort(address, Number.parseInt(serverPort, 16)) as RealServerKey;
    const [state = '', seconds = '0'] = words.slice(7);
    // What has no port of the client's is the memory of its affinity.
    if (fromPort === '0000')
      affinity.push({ frontend: frontend.key, server: key, secondsLeft: Number(seconds) });
    else count(connections, { frontend: frontend.key, server: key, state, count: 1 });
  }
  return { affinity, connections: [...connections.values()] };
}

function count(connections: Map<string, ConnectionFact>, one: ConnectionFact): void {
  const name = `${one.frontend} ${one.server} ${one.state}`;
  const known = connections.get(name);
  if (known === undefined && connections.size >= MOST_KINDS) return;
  connections.set(name, { ...one, count: (known?.count ?? 0) + 1 });
}

// The affinity of a view by mark has the mark in the place of the address.
function placeOf({ address, port, protocol, mark }: Frontend): string {
  return mark === 0 ? `${address} ${port} ${protocol}` : mark.toString(16).toUpperCase().padStart(8, '0');
}
