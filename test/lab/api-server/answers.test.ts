import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiServer } from '../../../lab/api-server/api-server.js';
import { ask, type RawAnswer, TOKEN } from './client.js';

const SERVICES = '/api/v1/services';
const SLICES = '/apis/discovery.k8s.io/v1/endpointslices';

describe('the test API server answers', () => {
  let server: ApiServer;

  beforeEach(async () => {
    server = await ApiServer.start({ features: { freshness: 1 } });
    server.access.allowToken(TOKEN);
    for (const name of ['a', 'b', 'c']) server.store.create('services', service(name));
  });

  afterEach(() => server.close());

  const names = ({ json }: RawAnswer) =>
    json.items.map((item: ReturnType<typeof service>) => item.metadata.name);

  it.each(['h2', 'http/1.1'] as const)(
    'a list over %s with kind and version outside of the items',
    async (protocol) => {
      const { status, json } = await ask(server, { path: SERVICES, protocol });
      expect(status).toBe(200);
      expect(json).toMatchObject({
        kind: 'ServiceList',
        apiVersion: 'v1',
        metadata: { resourceVersion: '1003' },
      });
      expect(json.items[0]).toMatchObject({ metadata: { name: 'a', resourceVersion: '1001' } });
      expect(Object.keys(json.items[0])).not.toContain('kind');
      expect(server.desk.requests.at(-1)?.httpVersion).toBe(protocol === 'h2' ? '2.0' : '1.1');
    },
  );

  it('a list in pages of one state, whatever happens meanwhile', async () => {
    const first = await ask(server, { path: `${SERVICES}?limit=2` });
    expect(names(first)).toEqual(['a', 'b']);
    expect(first.json.metadata).toMatchObject({ resourceVersion: '1003', remainingItemCount: 1 });
    server.store.create('services', service('d'));
    const token = encodeURIComponent(first.json.metadata.continue);
    const second = await ask(server, { path: `${SERVICES}?limit=2&continue=${token}` });
    expect(names(second)).toEqual(['c']);
    expect(second.json.metadata).toEqual({ resourceVersion: '1003' });
  });

  it('410 to a page of a list that was compacted away', async () => {
    const first = await ask(server, { path: `${SERVICES}?limit=2` });
    server.store.create('services', service('d'));
    server.store.compact();
    const token = encodeURIComponent(first.json.metadata.continue);
    const { status, json } = await ask(server, { path: `${SERVICES}?limit=2&continue=${token}` });
    expect(status).toBe(410);
    expect(json).toMatchObject({ kind: 'Status', reason: 'Expired', code: 410 });
  });

  it('everything in one piece where resourceVersion 0 lets its cache answer', async () => {
    expect(names(await ask(server, { path: `${SERVICES}?limit=2&resourceVersion=0` }))).toHaveLength(3);
  });

  it('Nodes as the table of kubectl, with the first address of each type, and no other kind so', async () => {
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
    const addresses = [
      { type: 'InternalIP', address: '192.0.2.1' },
      { type: 'InternalIP', address: '2001:db8::1' },
    ];
    server.store.create('nodes', { metadata: { name: 'node-a' }, status: { addresses } });
    const path = '/api/v1/nodes?limit=500&resourceVersion=0&includeObject=None';
    const { json } = await ask(server, { path, accept });
    expect(json).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1', metadata: {} });
    const titled = json.columnDefinitions.map(({ name }: { name: string }, index: number) => [
      name,
      json.rows[0].cells[index],
    ]);
    expect(Object.fromEntries(titled)).toMatchObject({
      Name: 'node-a',
      'Internal-IP': '192.0.2.1',
      'External-IP': '<none>',
    });
    expect((await ask(server, { path: SERVICES, accept })).status).toBe(406);
  });

  it('a list of the past to an exact resourceVersion', async () => {
    const path = `${SERVICES}?resourceVersion=1002&resourceVersionMatch=Exact`;
    expect(names(await ask(server, { path }))).toEqual(['a', 'b']);
  });

  it('504 to a resourceVersion of the future', async () => {
    const { status, json } = await ask(server, { path: `${SERVICES}?resourceVersion=5000` });
    expect(status).toBe(504);
    expect(json).toMatchObject({
      reason: 'Timeout',
      message: 'Timeout: Too large resource version: 5000, current: 1003',
      details: { causes: [{ reason: 'ResourceVersionTooLarge' }] },
    });
  });

  it('what the selectors choose', async () => {
    server.store.create('services', service('other', { 'service.kubernetes.io/service-proxy-name': 'x' }));
    const labels = encodeURIComponent('!service.kubernetes.io/service-proxy-name');
    expect(names(await ask(server, { path: `${SERVICES}?labelSelector=${labels}` }))).toEqual([
      'a',
      'b',
      'c',
    ]);
    const field = encodeURIComponent('metadata.name=b');
    expect(names(await ask(server, { path: `${SERVICES}?fieldSelector=${field}` }))).toEqual(['b']);
  });

  it('compressed above 128 KiB to who can read it, and not below', async () => {
    expect((await ask(server, { path: SERVICES, gzip: true })).headers['content-encoding']).toBeUndefined();
    const padding = 'x'.repeat(200_000);
    server.store.create('services', service('large', { padding }));
    const answer = await ask(server, { path: SERVICES, gzip: true });
    expect(answer.headers['content-encoding']).toBe('gzip');
    expect(names(answer)).toHaveLength(4);
  });

  it('401 to a wrong token, 403 to nobody and to who lacks a right', async () => {
    const wrong = await ask(server, { path: SERVICES, token: 'wrong' });
    expect(wrong.json).toMatchObject({ code: 401, reason: 'Unauthorized', message: 'Unauthorized' });
    const nobody = await ask(server, { path: SERVICES, token: '' });
    expect(nobody.json.message).toContain('User "system:anonymous" cannot list resource "services"');
    server.access.deny([{ verb: 'list', resource: 'endpointslices' }]);
    const denied = await ask(server, { path: SLICES });
    expect(denied.json).toMatchObject({
      code: 403,
      reason: 'Forbidden',
      message:
        'endpointslices is forbidden: User "system:serviceaccount:kube-system:kube-proxy" cannot list resource "endpointslices" in API group "discovery.k8s.io" at the cluster scope',
      details: { group: 'discovery.k8s.io', kind: 'endpointslices' },
    });
  });

  it.each(['h2', 'http/1.1'] as const)(
    'who has a certificate of its authority, over %s',
    async (protocol) => {
      const certificate = server.clientCertificate('system:kube-proxy');
      const question = { path: SERVICES, token: '', protocol, certificate };
      expect((await ask(server, question)).status).toBe(200);
      server.changeAuthority();
      expect((await ask(server, question)).status).toBe(401);
    },
  );

  it('404 without a Status to what it does not serve', async () => {
    const path = '/apis/networking.k8s.io/v1/servicecidrs';
    expect((await ask(server, { path })).json.items).toEqual([]);
    server.desk.features.serviceCIDRs = false;
    const { status, text } = await ask(server, { path });
    expect({ status, text }).toEqual({ status: 404, text: '404 page not found\n' });
  });

  it('201 to an event, which it keeps', async () => {
    const path = '/apis/events.k8s.io/v1/namespaces/default/events';
    const body = { metadata: { generateName: 'node-1.' }, reason: 'Starting' };
    const { status, json } = await ask(server, { path, body });
    expect(status).toBe(201);
    expect(json).toMatchObject({ kind: 'Event', apiVersion: 'events.k8s.io/v1', reason: 'Starting' });
    expect(server.store.list('events')).toHaveLength(1);
  });

  it('wrong, as often as it is told, and then right again', async () => {
    server.faults.answer({ kind: 'too many requests', retryAfter: 2 }, { request: 'list' });
    server.faults.answer({ kind: 'html', status: 200 }, { resource: 'services' });
    const busy = await ask(server, { path: SERVICES });
    expect([busy.status, busy.headers['retry-after']]).toEqual([429, '2']);
    expect((await ask(server, { path: SERVICES })).headers['content-type']).toBe('text/html');
    expect((await ask(server, { path: SERVICES })).status).toBe(200);
    expect(server.faults.spent).toBe(true);
  });
});

function service(name: string, labels: Record<string, string> = {}) {
  return { metadata: { name, namespace: 'default', labels }, spec: { clusterIP: '10.96.0.1' } };
}
