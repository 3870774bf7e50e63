import { pino } from 'pino';
import { expect, test } from 'vitest';
import { TransportError } from '../../src/kubernetes/transport/api-transport.js';
import { PassLog } from '../../src/status/log/pass-log.js';
import { MemoryApi, NODES, type Scripted, SERVICES } from '../kubernetes/memory-api.js';
import { service, WatchedCluster } from '../kubernetes/watched-cluster.js';

/** A cluster that is followed, and what the log says of it at warn and above, or when something settles. */
async function followed() {
  const api = new MemoryApi();
  api.put(SERVICES, service('web'));
  api.put(NODES, { kind: 'Node', metadata: { name: 'node-1' }, spec: {}, status: {} } as never);
  const cluster = new WatchedCluster(api, { nodeName: 'node-1', random: () => 0.5 });
  const lines: string[] = [];
  const logger = pino({ base: null }, { write: (line) => lines.push(JSON.parse(line).msg) });
  const log = new PassLog(logger, cluster.clock);
  cluster.recorder.problemsFound = (problems) => log.problems(problems);
  await cluster.start();
  await cluster.settle();
  return { api, cluster, lines };
}

const connectFails = (): Scripted => ({
  error: new TransportError('connect', 'cannot be reached: the connection is refused (ECONNREFUSED)'),
});

test('an outage of the API server is one line, and its end another, however many resources are followed', async () => {
  const { api, cluster, lines } = await followed();
  api.script = connectFails;
  api.breakAll();
  await cluster.pass(120_000);
  expect(cluster.source.problems.length).toBeGreaterThan(2);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('ECONNREFUSED');
  // On the way back it is overloaded: still the same outage.
  api.script = () => ({ status: 503, body: '{"message":"etcd is \\"away\\""}' });
  await cluster.pass(60_000);
  api.script = () => undefined;
  await cluster.pass(30 * 60_000);
  expect(cluster.source.problems).toEqual([]);
  expect(lines).toHaveLength(2);
  expect(lines[1]).toMatch(/^settled: API server/);
});

test('credentials that are not accepted are one line', async () => {
  const { api, cluster, lines } = await followed();
  api.script = () => ({ status: 401, body: '{"message":"Unauthorized"}' });
  api.breakAll();
  await cluster.pass(120_000);
  expect(lines).toHaveLength(1);
});

test('what the server says is repeated with its own quotation marks', async () => {
  const { api, cluster, lines } = await followed();
  api.script = () => ({
    status: 403,
    body: '{"message":"services is forbidden: User \\"system:x\\" cannot list"}',
  });
  api.breakAll();
  await cluster.pass(30_000);
  expect(lines[0]).toContain('403: services is forbidden: User "system:x" cannot list.');
});

test('a history that the server no longer has is no warning, not even after an outage', async () => {
  const { api, cluster, lines } = await followed();
  let refusals = 2;
  api.script = (path) =>
    path.includes('watch=1') && refusals-- > 0
      ? { status: 410, body: '{"message":"too old resource version"}' }
      : undefined;
  api.breakAll();
  await cluster.pass(60_000);
  expect(lines).toEqual([]);
});
