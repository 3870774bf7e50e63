import { describe, expect, test } from 'vitest';
import { serviceKey } from '../../src/model/service-key.js';
import { MemoryApi, NODES, SERVICE_CIDRS, SERVICES, SLICES } from './memory-api.js';
import { service, slice, WatchedCluster } from './watched-cluster.js';

const WEB = serviceKey('default', 'web');

function filledApi(): MemoryApi {
  const api = new MemoryApi();
  api.put(SERVICES, service('web'));
  api.put(SLICES, slice('web-1', 'web', ['10.244.0.5']));
  return api;
}

const addressesOf = ({ source }: WatchedCluster) =>
  source.view.look(WEB).slices.flatMap(({ endpoints }) => Array.from(endpoints, ({ address }) => address));

describe('the first look', () => {
  test('streams everything there is, and completes', async () => {
    const cluster = await new WatchedCluster(filledApi()).start();
    await cluster.started;
    expect(cluster.source.complete).toBe(true);
    expect(cluster.source.view.look(WEB).service?.clusterIPs).toEqual(['10.96.0.10']);
    expect(addressesOf(cluster)).toEqual(['10.244.0.5']);
    expect(cluster.problems).toEqual([]);
  });

  test('of an empty cluster completes too, and says so', async () => {
    const cluster = await new WatchedCluster().start();
    expect([cluster.source.complete, cluster.recorder.take()]).toEqual([true, [[]]]);
  });

  test('asks for nothing that it would leave alone', async () => {
    const { api } = await new WatchedCluster().start();
    const selectors = api.requests.map((path) => new URL(path, 'http://x').searchParams.get('labelSelector'));
    expect(selectors.slice(0, 2)).toEqual([
      '!service.kubernetes.io/headless,!service.kubernetes.io/service-proxy-name',
      '!service.kubernetes.io/headless,!service.kubernetes.io/service-proxy-name',
    ]);
  });

  test('asks only for what is meant for a named proxy, and serves it', async () => {
    const labels = { 'service.kubernetes.io/service-proxy-name': 'ipvs' };
    const api = new MemoryApi();
    api.put(SERVICES, service('web', '10.96.0.10', { labels }));
    api.put(
      SLICES,
      slice('x', 'web', ['10.244.0.5'], { labels: { 'kubernetes.io/service-name': 'web', ...labels } }),
    );
    const cluster = await new WatchedCluster(api, { proxyName: 'ipvs' }).start();
    expect(new URL(api.requests[0] ?? '', 'http://x').searchParams.get('labelSelector')).toBe(
      '!service.kubernetes.io/headless,service.kubernetes.io/service-proxy-name=ipvs',
    );
    expect([cluster.source.view.serviceCount, cluster.source.view.sliceCount]).toEqual([1, 1]);
  });

  test('is told of in parts where it is large, and is complete with the last of them', async () => {
    const api = new MemoryApi();
    const names = Array.from({ length: 5_000 }, (_, index) => `web-${index}`);
    for (const name of names) api.put(SERVICES, service(name));
    const cluster = new WatchedCluster(api);
    const wasComplete: boolean[] = [];
    const { recorder, source } = cluster;
    const changed = recorder.changed.bind(recorder);
    recorder.changed = (...told) => {
      wasComplete.push(source.complete);
      changed(...told);
    };
    await cluster.start();
    await expect.poll(() => source.complete).toBe(true);
    const parts = recorder.take();
    expect(Math.max(...parts.map(({ length }) => length))).toBe(4_096);
    expect(parts.flat().length).toBe(5_000);
    expect(wasComplete).toEqual([...parts.slice(1).map(() => false), true]);
  });

  test('shows nothing before the bookmark that ends it', async () => {
    const cluster = new WatchedCluster(filledApi());
    cluster.api.pieceSize = 40;
    void cluster.source.start(cluster.recorder);
    for (let turn = 0; turn < 6; turn++) await Promise.resolve();
    expect(cluster.source.view.serviceCount).toBe(0);
    await cluster.settle();
    expect(cluster.source.view.serviceCount).toBe(1);
  });

  test('is waited for no longer than patience lasts, and completes later', async () => {
    const api = filledApi();
    api.script = (path) => (path.startsWith(SLICES) ? { status: 500 } : undefined);
    const cluster = await new WatchedCluster(api).start();
    let begun = false;
    void cluster.started.then(() => {
      begun = true;
    });
    await cluster.pass(29_000);
    expect(begun).toBe(false);
    await cluster.pass(1_000);
    expect([begun, cluster.source.complete]).toEqual([true, false]);
    api.script = () => undefined;
    await cluster.pass(30_000);
    expect([cluster.source.complete, addressesOf(cluster)]).toEqual([true, ['10.244.0.5']]);
  });
});

describe('what changes', () => {
  test('has the names of the objects, but in the first look, where all is new', async () => {
    const cluster = await new WatchedCluster(filledApi()).start();
    expect(cluster.recorder.objects).toEqual([]);
    cluster.api.put(SLICES, slice('web-1', 'web', ['10.244.0.6']));
    cluster.api.put(SERVICES, service('mail', '10.96.0.11'));
    await cluster.settle();
    expect(cluster.recorder.objects.sort()).toEqual(['EndpointSlice default/web-1', 'Service default/mail']);
  });

  test('is reported once for all that arrives together', async () => {
    const cluster = await new WatchedCluster(filledApi()).start();
    cluster.recorder.take();
    cluster.api.put(SLICES, slice('web-1', 'web', ['10.244.0.6']));
    cluster.api.put(SERVICES, service('mail', '10.96.0.11'));
    await cluster.settle();
    expect(cluster.recorder.take().flat().sort()).toEqual(['default/mail', 'default/web']);
    expect(addressesOf(cluster)).toEqual(['10.244.0.6']);
    cluster.api.delete(SERVICES, service('web'));
    await cluster.settle();
    expect(cluster.source.view.look(WEB).service).toBeUndefined();
  });

  test('is not reported where the record is the same as before', async () => {
    const cluster = await new WatchedCluster(filledApi()).start();
    cluster.recorder.take();
    cluster.api.put(SERVICES, service('web', '10.96.0.10', { labels: { team: 'a' } }));
    cluster.api.repeat(SERVICES);
    await cluster.settle();
    expect(cluster.recorder.take()).toEqual([]);
  });

  test('is reported where a Service was deleted and made anew as it had been, during a gap', async () => {
    const cluster = await new WatchedCluster(filledApi()).start();
    cluster.recorder.take();
    cluster.api.breakAll();
    cluster.api.delete(SERVICES, service('web'));
    cluster.api.put(SERVICES, service('web'));
    cluster.api.forgetHistory();
    await cluster.pass(5_000);
    expect(cluster.recorder.take()).toEqual([['default/web']]);
  });

  test('brings the time with it at which it happened, unless that was before the start', async () => {
    const at = (second: string) => ({
      labels: { 'kubernetes.io/service-name': 'web' },
      annotations: { 'endpoints.kubernetes.io/last-change-trigger-time': `2026-01-31T12:00:${second}Z` },
    });
    const api = new MemoryApi();
    api.put(SLICES, slice('web-1', 'web', ['10.244.0.5'], at('00')));
    const wallClock = () => Date.parse('2026-01-31T12:00:30Z');
    const cluster = await new WatchedCluster(api, { wallClock }).start();
    api.put(SLICES, slice('web-1', 'web', ['10.244.0.6'], at('40')));
    await cluster.settle();
    expect(cluster.recorder.triggers).toEqual([Date.parse('2026-01-31T12:00:40Z')]);
  });
});

describe('the own Node', () => {
  const node = (spec: object = {}) => ({
    kind: 'Node',
    metadata: { name: 'node-a', labels: { 'topology.kubernetes.io/zone': 'zone-1' } },
    spec: { podCIDRs: ['10.244.0.0/24'], ...spec },
    status: { addresses: [{ type: 'InternalIP', address: '192.0.2.10' }] },
  });

  test('is reported, by itself', async () => {
    const api = new MemoryApi();
    api.put(NODES, node());
    const { recorder } = await new WatchedCluster(api, { nodeName: 'node-a' }).start();
    expect(new URL(api.requests[2] ?? '', 'http://x').searchParams.get('fieldSelector')).toBe(
      'metadata.name=node-a',
    );
    expect(recorder.nodes).toMatchObject([
      { name: 'node-a', addresses: ['192.0.2.10'], zone: 'zone-1', eligible: true },
    ]);
  });

  test('is no longer eligible once it is about to go, or gone, and keeps its addresses', async () => {
    const api = new MemoryApi();
    api.put(NODES, node());
    const { recorder, settle } = await new WatchedCluster(api, { nodeName: 'node-a' }).start();
    api.put(NODES, node({ taints: [{ key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' }] }));
    await settle();
    api.delete(NODES, node());
    await settle();
    expect(recorder.nodes.map((reported) => [reported?.eligible, reported?.addresses])).toEqual([
      [true, ['192.0.2.10']],
      [false, ['192.0.2.10']],
      [false, ['192.0.2.10']],
    ]);
  });

  test('is a problem as long as the API server does not know it', async () => {
    const cluster = await new WatchedCluster(new MemoryApi(), { nodeName: 'node-a' }).start();
    expect(cluster.recorder.nodes).toEqual([undefined]);
    expect(cluster.problems).toEqual([
      'Node node-a: is not known to the API server. ' +
        'Compare the name with those of `kubectl get nodes`; --hostname-override sets it.',
    ]);
    cluster.api.put(NODES, node());
    await cluster.settle();
    expect([cluster.problems, cluster.recorder.nodes[1]?.name]).toEqual([[], 'node-a']);
  });
});

describe('the ServiceCIDRs', () => {
  test('are reported together', async () => {
    const api = new MemoryApi();
    const range = { metadata: { name: 'kubernetes' }, spec: { cidrs: ['10.96.0.0/12', 'fd00::/108'] } };
    api.put(SERVICE_CIDRS, range);
    const { recorder, settle, source } = await new WatchedCluster(api).start();
    api.put(SERVICE_CIDRS, {
      metadata: { name: 'more' },
      spec: { cidrs: ['10.112.0.0/16'] },
    } as typeof range);
    await settle();
    expect(recorder.ranges.at(-1)).toEqual(['10.112.0.0/16', '10.96.0.0/12', 'fd00::/108']);
    expect(source.serviceCIDRs).toEqual(recorder.ranges.at(-1));
  });

  test('of a server that has none are no problem, and are asked for seldom', async () => {
    const api = new MemoryApi();
    api.script = (path) => (path.startsWith(SERVICE_CIDRS) ? { status: 404 } : undefined);
    const cluster = await new WatchedCluster(api).start();
    await cluster.pass(3_600_000);
    expect([cluster.problems, cluster.source.serviceCIDRs]).toEqual([[], undefined]);
    expect(api.asked(SERVICE_CIDRS).length).toBeLessThan(8);
    expect(cluster.source.statistics().resources.at(-1)).toMatchObject({ served: false, complete: false });
  });
});

describe('an object that cannot be used', () => {
  test('is reported with its name and field, counted, and keeps nothing else from being used', async () => {
    const api = filledApi();
    api.put(SLICES, slice('bad-1', 'web', ['10.244.0.07', '10.244.0.8']));
    api.put(SLICES, { ...slice('bad-2', 'web', []), addressType: 'IPX' } as never);
    const cluster = await new WatchedCluster(api).start();
    expect(cluster.problems.map((text) => text.slice(0, 60))).toEqual([
      'EndpointSlice default/bad-1, endpoints[0].addresses[0]: is "',
      'EndpointSlice default/bad-2, addressType: is "IPX", expected',
    ]);
    expect(addressesOf(cluster).sort()).toEqual(['10.244.0.5', '10.244.0.8']);
    expect(cluster.source.statistics().resources[1]).toMatchObject({ untranslatable: 1, objects: 3 });
    api.put(SLICES, slice('bad-1', 'web', ['10.244.0.7']));
    api.delete(SLICES, slice('bad-2', 'web', []));
    await cluster.settle();
    expect([cluster.problems, addressesOf(cluster).sort()]).toEqual([[], ['10.244.0.5', '10.244.0.7']]);
  });

  test('has to have a name for that', async () => {
    const cluster = await new WatchedCluster(filledApi()).start();
    cluster.api.write(SERVICES, '{"type":"ADDED","object":{"metadata":{"name":"A\\u0007"}}}\n');
    await cluster.settle();
    expect(cluster.problems).toHaveLength(1);
    expect(cluster.problems[0]).toContain('metadata.name: is "A\\u{7}"');
    expect(cluster.source.view.serviceCount).toBe(1);
  });
});

test('after stop nothing is under way, and nothing is reported', async () => {
  const cluster = await new WatchedCluster(filledApi()).start();
  cluster.recorder.take();
  const [watch] = cluster.api.openWatches(SERVICES);
  await cluster.source.stop();
  expect(watch?.isClosed).toBe(true);
  cluster.api.put(SERVICES, service('late'));
  await cluster.pass(3_600_000);
  expect([cluster.recorder.take(), cluster.clock.next]).toEqual([[], undefined]);
});
