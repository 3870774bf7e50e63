import { once } from 'node:events';
import { newPod, pod, SERVICE_PORT, TARGET_PORT, vip } from '../kernel/content.js';
import type { CellResult, Throughput } from './cell-results.js';
import type { Size } from './cells.js';
import { type Network, ready } from './network.js';

/** Of each figure: another program on the machine disturbs some of them, and the spread shows it. */
const TIMES = 15;
/** Seconds for each. */
const SECONDS = '0.7';
const MEGABYTE = 1e6;

/**
 * To the middle Service, and to its first pod without it, in turn: to the first Service iptables would have next to
 * nothing to do.
 */
export async function throughputOf(
  network: Network,
  tools: string,
  { services, endpoints }: Size,
): Promise<NonNullable<CellResult['throughput']>> {
  const middle = Math.floor(services / 2);
  const pods = Array.from({ length: endpoints }, (_, place) => pod(middle * endpoints + place));
  const places = {
    direct: [pods[0] ?? '', String(TARGET_PORT)],
    service: [vip(middle), String(SERVICE_PORT)],
  };
  const connections = inTurn((to) => perSecond(network, tools, 'connect', places[to]));
  const bytes = await withSink(network, tools, [...pods, newPod(middle)], () =>
    inTurn((to) => perSecond(network, tools, 'send', places[to]) / MEGABYTE),
  );
  const of = (to: To): Throughput => ({
    connectionsPerSecond: connections[to],
    megabytesPerSecond: bytes[to],
  });
  return { direct: of('direct'), service: of('service') };
}

type To = 'direct' | 'service';

function inTurn(measure: (to: To) => number): Record<To, number[]> {
  const all: Record<To, number[]> = { direct: [], service: [] };
  for (let time = 0; time < TIMES; time++) {
    all.direct.push(measure('direct'));
    all.service.push(measure('service'));
  }
  return all;
}

function perSecond(network: Network, tools: string, what: string, place: readonly string[]): number {
  const text = network.run('client', [`${tools}/stream`, what, SECONDS, ...place]);
  const { seconds, count } = JSON.parse(text) as { readonly seconds: number; readonly count: number };
  return count / seconds;
}

/** For a while all that comes to these pods is read; the server of tools/answer.c says something and closes. */
async function withSink<T>(
  network: Network,
  tools: string,
  addresses: readonly string[],
  work: () => T,
): Promise<T> {
  const sink = network.start('servers', [`${tools}/stream`, 'sink', String(TARGET_PORT), ...addresses]);
  const ended = once(sink, 'close');
  try {
    await ready(sink);
    return work();
  } finally {
    sink.kill('SIGKILL');
    await ended;
  }
}
