import { describe, expect, it } from 'vitest';
import { TransportError } from '../../src/kubernetes/transport/api-transport.js';
import { serviceKey } from '../../src/model/service-key.js';
import { MemoryApi, SERVICES, SLICES } from './memory-api.js';
import { service, slice, WatchedCluster } from './watched-cluster.js';

const WEB = serviceKey('default', 'web');

/** What the namespaced lists answer; all else is served from memory. */
function answering(api: MemoryApi, services: readonly object[], slices: readonly object[]): void {
  api.script = (path) => {
    if (path.startsWith('/api/v1/namespaces/default/services?'))
      return { body: JSON.stringify({ items: services }) };
    if (path.includes('/namespaces/default/endpointslices?'))
      return { body: JSON.stringify({ items: slices }) };
    return undefined;
  };
}

async function watched(): Promise<WatchedCluster> {
  const api = new MemoryApi();
  api.put(SERVICES, service('web'));
  api.put(SLICES, slice('web-1', 'web', ['10.244.0.5']));
  return new WatchedCluster(api).start();
}

describe('one Service, asked for at this moment', () => {
  it('is what the watch brought, by requests that the role of a proxy allows', async () => {
    const cluster = await watched();
    answering(cluster.api, [service('web')], [slice('web-1', 'web', ['10.244.0.5'])]);
    const asked = cluster.api.requests.length;
    const look = await cluster.source.lookUp(WEB);
    expect(look).toMatchObject({ isBehind: false, service: { type: 'ClusterIP' } });
    const queries = cluster.api.requests.slice(asked).map((path) => new URL(path, 'http://x').searchParams);
    expect(queries.map((query) => query.get('fieldSelector') ?? query.get('labelSelector'))).toEqual([
      'metadata.name=web',
      '!service.kubernetes.io/headless,!service.kubernetes.io/service-proxy-name,kubernetes.io/service-name=web',
    ]);
  });

  it('is another than what the watch brought only where it stays so for a second', async () => {
    const cluster = await watched();
    answering(cluster.api, [service('web')], [slice('web-1', 'web', ['10.244.0.6'])]);
    const looking = cluster.source.lookUp(WEB);
    await cluster.pass(1_000);
    expect((await looking).isBehind).toBe(true);
    const again = cluster.source.lookUp(WEB);
    await cluster.settle();
    cluster.api.put(SLICES, slice('web-1', 'web', ['10.244.0.6']));
    await cluster.pass(1_000);
    expect((await again).isBehind).toBe(false);
  });

  it('may be gone, or for another proxy', async () => {
    const cluster = await watched();
    answering(cluster.api, [], []);
    const gone = cluster.source.lookUp(WEB);
    await cluster.pass(1_000);
    expect(await gone).toEqual({ service: undefined, isBehind: true });
    const labels = { 'service.kubernetes.io/service-proxy-name': 'cilium' };
    answering(cluster.api, [service('other', '10.96.0.11', { labels })], []);
    const other = await cluster.source.lookUp(serviceKey('default', 'other'));
    expect(other).toMatchObject({ isBehind: false, service: { leftAlone: { isOtherProxys: true } } });
  });

  it('is not found out where nobody answers, and whoever asks hears why', async () => {
    const cluster = await watched();
    cluster.api.script = () => ({ error: new TransportError('connect', 'nobody answers there.') });
    await expect(cluster.source.lookUp(WEB)).rejects.toThrow('nobody answers there.');
    cluster.api.script = () => ({ status: 403, body: '{"message":"no"}' });
    await expect(cluster.source.lookUp(WEB)).rejects.toThrow('403');
  });
});
