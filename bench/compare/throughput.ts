import { once } from 'node:events';
import { newPod, pod, SERVICE_PORT, TARGET_PORT, vip } from '../kernel/content.js';
import type { CellResult, Throughput } from './cell-results.js';
import { type Network, ready } from './network.js';

/** Seconds for each figure. On a clock that counts instructions this takes ten times as long on the wall. */
const SECONDS = '0.3';
const MEGABYTE = 1e6;

/** To the first Service, and to its first pod without it. */
export async function throughputOf(
  network: Network,
  tools: string,
  endpoints: number,
): Promise<NonNullable<CellResult['throughput']>> {
  const direct = [pod(0), String(TARGET_PORT)];
  const service = [vip(0), String(SERVICE_PORT)];
  const connections = [direct, service].map((place) => perSecond(network, tools, 'connect', place));
  const bytes = await withSink(network, tools, endpoints, () =>
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

/** For a while all that comes to the pods of the first Service is read. The server of tools/answer.c says something and closes. */
async function withSink<T>(network: Network, tools: string, endpoints: number, work: () => T): Promise<T> {
  const pods = Array.from({ length: endpoints }, (_, place) => pod(place));
  // A change may have added it.
  const addresses = [...pods, newPod(0)];
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
