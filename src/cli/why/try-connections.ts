import { connect } from 'node:net';
import type { Focus } from '../../diagnosis/evidence.js';
import { type Address, familyOf } from '../../model/address.js';
import { addressAndPort, hostPort } from '../../model/frontend.js';
import type { TriedConnection } from '../../model/kernel-facts.js';

const DEADLINE_MILLISECONDS = 2_000;
const AT_ONCE = 10;
/** A Service may have thousands of endpoints. */
const MOST_TRIED = 50;

interface Place {
  readonly address: Address;
  readonly port: number;
  readonly target: TriedConnection['target'];
}

/**
 * Opens a TCP connection from this node to each frontend and to each server behind them, and closes it at once.
 * Frontends that drop the node's own clients by policy or source range are left out: their silence would say nothing.
 */
export async function tryConnections(focus: readonly Focus[]): Promise<TriedConnection[]> {
  const places = placesOf(focus);
  const results: TriedConnection[] = [];
  for (let start = 0; start < places.length; start += AT_ONCE)
    results.push(...(await Promise.all(places.slice(start, start + AT_ONCE).map(tryOne))));
  return results;
}

function placesOf(focus: readonly Focus[]): Place[] {
  const places = new Map<string, Place>();
  const add = (place: Place) => places.set(`${place.target} ${hostPort(place.address, place.port)}`, place);
  const tcp = focus.filter(
    ({ wanted, seen }) => (wanted ?? seen)?.protocol === 'TCP' && wanted?.state !== 'conflict',
  );
  for (const { wanted, seen } of tcp) {
    const front = wanted ?? seen;
    const traffic = front?.traffic ?? [];
    const isShut = traffic.includes('restricted') || traffic.includes('dropped');
    const isServed = (wanted?.desired?.servers ?? seen?.servers ?? []).length > 0;
    if (front !== undefined && !isShut && isServed)
      add({ address: front.address, port: front.port, target: 'frontend' });
  }
  for (const { wanted, seen } of tcp)
    for (const place of serversOf(wanted?.desired?.servers ?? seen?.servers ?? [])) add(place);
  return [...places.values()].slice(0, MOST_TRIED);
}

// `10.244.0.5:9376` or `[fd00:244::5]:9376`
function serversOf(servers: readonly { readonly key: string; readonly weight: number }[]): Place[] {
  return servers.flatMap(({ key, weight }) => {
    const { address, port } = addressAndPort(key) ?? {};
    return weight === 0 || address === undefined || port === undefined
      ? []
      : [{ address, port, target: 'endpoint' as const }];
  });
}

const RESULTS: Readonly<Record<string, TriedConnection['result']>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'refused',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
};

function tryOne({ address, port, target }: Place): Promise<TriedConnection> {
  const began = performance.now();
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const end = (result: TriedConnection['result']) => {
      clearTimeout(timer);
      socket.destroy();
      resolve({
        address,
        port,
        family: familyOf(address),
        target,
        result,
        milliseconds: performance.now() - began,
      });
    };
    const timer = setTimeout(() => end('silent'), DEADLINE_MILLISECONDS);
    socket.once('connect', () => end('answered'));
    socket.once('error', ({ code = '' }: NodeJS.ErrnoException) => end(RESULTS[code] ?? 'silent'));
  });
}
