import { once } from 'node:events';
import { newPod, pod, SERVICE_PORT, TARGET_PORT, vip } from '../kernel/content.js';
import type { CellResult, Throughput } from './cell-results.js';
import type { Size } from './cells.js';
import { type Network, ready } from './network.js';

/** Seconds for each figure. */
const SECONDS = '2';
const MEGABYTE = 1e6;

/**
 * To the middle Service, and to its first pod without it: to the first one iptables would have next to nothing to do.
 */
export async function throughputOf(
  network: Network,
  tools: string,
  { services, endpoints }: Size,
): Promise<NonNullable<CellResult['throughput']>> {
  const middle = Math.floor(services / 2);
  const pods = Array.from({ length: endpoints }, (_, place) => pod(middle * endpoints + place));
  const direct = [pods[0] ?? '', String(TARGET_PORT)];
  const service = [vip(middle), String(SERVICE_PORT)];
  const connections = [direct, service].map((place) => perSecond(network, tools, 'connect', place));
  const bytes = await withSink(network, tools, [...pods, newPod(middle)], () =>
    [direct, service].map((place) => perSecond(network, tools, 'send', place)),
  );
  const of = (index: number): Throughput => ({
    connectionsPerSecond: connections[index] ?? 0,
    megabytesPerSecond: (bytes[index] ?? 0) / MEGABYTE,
  });
  return { direct: of(0), service: of(1) };
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
