import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { TransportError } from '../../src/kubernetes/transport/api-transport.js';
import type { ApiObject, Scripted } from './memory-api.js';
import { MemoryApi, NODES, SERVICES } from './memory-api.js';
import { service, WatchedCluster } from './watched-cluster.js';

const MINUTE = 60_000;

function node(name: string, ...addresses: string[]): ApiObject {
  const listed = addresses.map((address) => ({ type: 'InternalIP', address }));
  return { metadata: { name }, status: { addresses: listed } } as ApiObject;
}

function external(...externalIPs: string[]): ApiObject {
  const { spec, ...rest } = service('web') as ApiObject & { readonly spec: object };
  return { ...rest, spec: { ...spec, externalIPs } } as ApiObject;
}

function filledApi(): MemoryApi {
  const api = new MemoryApi();
  api.put(NODES, node('node-a', '192.0.2.1', '2001:db8::1'));
  api.put(NODES, node('node-b', '192.0.2.2', '2001:db8::2'));
  return api;
}

const followed = (api: MemoryApi, random = () => 0) =>
  new WatchedCluster(api, { nodeName: 'node-a', random }).start();

const othersOf = ({ recorder }: WatchedCluster) =>
  recorder.others.map((others) => Object.fromEntries(others));

const wholeListings = ({ api }: WatchedCluster) =>
  api.requests.filter((path) => path === `${NODES}?limit=500&resourceVersion=0`);

function tableWith(rows: readonly unknown[], columns = ['Name', 'Internal-IP', 'External-IP']): Scripted {
  const columnDefinitions = columns.map((name) => ({ name }));
  return { body: JSON.stringify({ kind: 'Table', metadata: {}, columnDefinitions, rows }) };
}

const answersTables = (api: MemoryApi, scripted: Scripted) => {
  api.script = (path) => (path.includes('includeObject') ? scripted : undefined);
};

describe('other Nodes', () => {
  test('are looked at from the watch cache, as a table without objects, and reported without the own one', async () => {
    const cluster = await followed(filledApi());
    expect(cluster.api.tables).toEqual([`${NODES}?limit=500&resourceVersion=0&includeObject=None`]);
    expect(othersOf(cluster)).toEqual([{ '192.0.2.2': 'node-b' }]);
    expect(cluster.problems).toEqual([]);
  });

  test('are known before the start resolves, since the API server may be behind one of their addresses', async () => {
    const api = filledApi();
    const held = new Promise<void>(() => undefined);
    const serve = api.request.bind(api);
    api.request = async (request, signal) => {
      if (request.accept !== undefined) await held;
      return serve(request, signal);
    };
    const cluster = await followed(api);
    let begun = false;
    void cluster.started.then(() => {
      begun = true;
    });
    await cluster.pass(29_000);
    expect([cluster.source.complete, begun]).toEqual([true, false]);
    await cluster.pass(1_000);
    expect(begun).toBe(true);
  });

  test('are looked at again every ten minutes, and reported only when addresses moved', async () => {
    const cluster = await followed(filledApi());
    await cluster.pass(10 * MINUTE);
    expect([cluster.api.tables.length, cluster.recorder.others.length]).toEqual([2, 1]);
    cluster.api.put(NODES, node('node-c', '192.0.2.3'));
    await cluster.pass(10 * MINUTE);
    expect(othersOf(cluster).at(-1)).toEqual({ '192.0.2.2': 'node-b', '192.0.2.3': 'node-c' });
  });

  test('are looked at up to a quarter later by chance, so that nodes do not come all at once', async () => {
    const cluster = await followed(filledApi(), () => 0.96);
    await cluster.pass(12 * MINUTE);
    expect(cluster.api.tables.length).toBe(1);
    await cluster.pass(MINUTE);
    expect(cluster.api.tables.length).toBe(2);
  });

  test('are looked at less often the more there are, so that all nodes together ask for no more', async () => {
    const api = filledApi();
    const rows = Array.from({ length: 5_000 }, (_, index) => ({
      cells: [`node-${index}`, `10.0.${index >> 8}.${index & 255}`, '<none>', 'x'.repeat(200)],
      object: null,
    }));
    answersTables(api, tableWith(rows));
    const cluster = await followed(api);
    // 5,000 × 5,000 × some 270 bytes at 10 MB/s.
    await cluster.pass(10.5 * MINUTE);
    expect(api.tables.length).toBe(1);
    await cluster.pass(1.5 * MINUTE);
    expect(api.tables.length).toBe(2);
  });

  test('are read page by page where the server gives pages', async () => {
    const api = filledApi();
    const first = { cells: ['node-b', '192.0.2.2', '<none>'] };
    const second = { cells: ['node-c', '192.0.2.3', '203.0.113.3'] };
    api.script = (path) => {
      if (!path.includes('includeObject')) return undefined;
      if (path.includes('continue=more')) return tableWith([second]);
      const { body } = tableWith([first]);
      return { body: String(body).replace('"metadata":{}', '"metadata":{"continue":"more"}') };
    };
    expect(othersOf(await followed(api))).toEqual([
      { '192.0.2.2': 'node-b', '192.0.2.3': 'node-c', '203.0.113.3': 'node-c' },
    ]);
  });
});

describe('what the table leaves out', () => {
  const withSecondFamily = { '192.0.2.2': 'node-b', '2001:db8::2': 'node-b' };

  test('is asked for once a Service has an address of that family from outside', async () => {
    const cluster = await followed(filledApi());
    cluster.api.put(SERVICES, external('198.51.100.7'));
    await cluster.settle();
    expect(wholeListings(cluster)).toEqual([]);
    cluster.api.put(SERVICES, external('2001:db8:51::7'));
    await cluster.pass(1);
    expect([wholeListings(cluster).length, othersOf(cluster).at(-1)]).toEqual([1, withSecondFamily]);
  });

  test('is known before the start resolves too, although the table came before the Services', async () => {
    const api = filledApi();
    api.put(SERVICES, external('2001:db8:51::7'));
    const serve = api.request.bind(api);
    api.request = async (request, signal) => {
      if (request.path.startsWith(SERVICES)) await setImmediate();
      return serve(request, signal);
    };
    const cluster = await followed(api);
    await cluster.started;
    expect(othersOf(cluster).at(-1)).toEqual(withSecondFamily);
  });

  test('is asked for at every look then, and no more often', async () => {
    const api = filledApi();
    api.put(SERVICES, external('2001:db8:51::7'));
    const cluster = await followed(api);
    await cluster.pass(1);
    cluster.api.put(SERVICES, external('2001:db8:51::8'));
    await cluster.pass(15 * MINUTE);
    expect(wholeListings(cluster).length).toBe(cluster.api.tables.length);
    expect(cluster.recorder.others.length).toBeLessThanOrEqual(2);
    expect(othersOf(cluster).at(-1)).toEqual(withSecondFamily);
  });

  test('is tried again after a back-off where it fails, whatever Services do, and reported once', async () => {
    const api = filledApi();
    api.put(SERVICES, external('2001:db8:51::7'));
    api.script = (path) => (path === `${NODES}?limit=500&resourceVersion=0` ? { status: 500 } : undefined);
    const cluster = await followed(api);
    await cluster.pass(2_000);
    const attempts = wholeListings(cluster).length;
    for (let number = 8; number < 30; number++) {
      api.put(SERVICES, external(`2001:db8:51::${number}`));
      await cluster.settle();
    }
    expect(wholeListings(cluster).length).toBe(attempts);
    await cluster.pass(MINUTE);
    expect([cluster.problems.length, cluster.recorder.problemChanges]).toEqual([1, 1]);
    expect(othersOf(cluster).at(-1)).toEqual({ '192.0.2.2': 'node-b' });
    api.script = () => undefined;
    await cluster.pass(MINUTE);
    expect([cluster.problems, othersOf(cluster).at(-1)]).toEqual([[], withSecondFamily]);
  });

  test('is asked for less often where it is large, while the table still shows who is there', async () => {
    const api = filledApi();
    api.put(SERVICES, external('2001:db8:51::7'));
    const pad = Array.from({ length: 3_000 }, (_, index) => ({
      ...node(`pad-${index}`),
      spec: { providerID: 'x'.repeat(1_000) },
    }));
    // 3,000 × 3,000 × some 1.1 KB at 10 MB/s are 16 minutes.
    api.script = (path) =>
      path === `${NODES}?limit=500&resourceVersion=0`
        ? { body: JSON.stringify({ metadata: {}, items: [...api.listed(NODES), ...pad] }) }
        : undefined;
    const cluster = await followed(api);
    await cluster.pass(1);
    expect(othersOf(cluster).at(-1)).toEqual(withSecondFamily);
    api.delete(NODES, node('node-b'));
    api.put(NODES, node('node-c', '192.0.2.3', '2001:db8::3'));
    await cluster.pass(10 * MINUTE);
    expect(wholeListings(cluster).length).toBe(1);
    expect(othersOf(cluster).at(-1)).toEqual({ '192.0.2.3': 'node-c' });
    await cluster.pass(10 * MINUTE);
    expect(wholeListings(cluster).length).toBe(2);
    expect(othersOf(cluster).at(-1)).toEqual({ '192.0.2.3': 'node-c', '2001:db8::3': 'node-c' });
  });

  test('is not asked for where the own Node has nothing that its row does not show', async () => {
    const api = new MemoryApi();
    api.put(NODES, node('node-a', '192.0.2.1'));
    api.put(SERVICES, external('198.51.100.7', '2001:db8:51::7'));
    const cluster = await followed(api);
    await cluster.pass(15 * MINUTE);
    expect(wholeListings(cluster)).toEqual([]);
  });
});

describe('where Nodes cannot be looked at', () => {
  test('a refusal is named once with the right that is missing, and everything else goes on', async () => {
    const api = filledApi();
    api.put(SERVICES, service('web'));
    answersTables(api, { status: 403, body: '{"kind":"Status","message":"nodes is forbidden"}' });
    const cluster = await followed(api);
    await cluster.started;
    expect([cluster.source.complete, cluster.source.view.serviceCount]).toEqual([true, 1]);
    const expected = [
      'API server, list of all nodes: was answered with 403: nodes is forbidden. ' +
        'A VIP that is the address of another Node is not noticed until then. ' +
        'Bind our account to the ClusterRole system:node-proxier, or allow it the verb list on resources [nodes] in apiGroups [""].',
    ];
    expect(cluster.problems).toEqual(expected);
    await cluster.pass(21 * MINUTE);
    expect([cluster.problems, cluster.recorder.problemChanges, api.tables.length]).toEqual([expected, 1, 29]);
  });

  test('it is forgotten once they can be', async () => {
    const api = filledApi();
    answersTables(api, { status: 403 });
    const cluster = await followed(api);
    api.script = () => undefined;
    await cluster.pass(MINUTE);
    expect([cluster.problems, othersOf(cluster)]).toEqual([[], [{ '192.0.2.2': 'node-b' }]]);
  });

  test.each<[string, Scripted]>([
    ['401', { status: 401 }],
    ['403', { status: 403 }],
    ['a TLS failure', { error: new TransportError('tls', 'the certificate has expired.') }],
    ['unreadable credentials', { error: new TransportError('credentials', 'the token cannot be read.') }],
  ])('%s at the start is asked about again within a minute', async (_, answer) => {
    const api = filledApi();
    answersTables(api, answer);
    const cluster = await followed(api, () => 0.99);
    api.script = () => undefined;
    await cluster.pass(MINUTE);
    expect([cluster.problems, othersOf(cluster)]).toEqual([[], [{ '192.0.2.2': 'node-b' }]]);
  });

  test('one failure that passes is tried again soon and is no problem; what was known stays', async () => {
    const cluster = await followed(filledApi());
    let failures = 0;
    cluster.api.script = (path) =>
      path.includes('includeObject') && ++failures < 3 ? { status: 500 } : undefined;
    await cluster.pass(10 * MINUTE);
    expect([cluster.problems, cluster.recorder.others.length]).toEqual([[], 1]);
    await cluster.pass(1_000);
    expect(cluster.problems).toEqual([
      expect.stringContaining('What was known of other Nodes stays in use.'),
    ]);
    await cluster.pass(5_000);
    expect([cluster.problems, failures, cluster.recorder.others.length]).toEqual([[], 3, 1]);
  });

  test('a way that stays broken is reported in whole sentences', async () => {
    const cluster = await followed(filledApi());
    answersTables(cluster.api, { error: new TransportError('lost', 'the connection broke (ECONNRESET)') });
    await cluster.pass(10 * MINUTE + 1_000);
    expect(cluster.problems).toEqual([
      expect.stringContaining(
        'the connection broke (ECONNRESET). What was known of other Nodes stays in use.',
      ),
    ]);
  });

  test.each([
    ['a body that breaks off', { body: '{"kind":"Table","rows":[{"cells":["node-b"' }],
    ['a table without the columns', tableWith([], ['Name'])],
    ['a row that is no JSON', { body: '{"kind":"Table","rows":[{"cells":[}]}' }],
    ['no table', { body: '{"kind":"NodeList","metadata":{},"items":[]}' }],
    ['nothing at all', { body: '' }],
  ] as const)('%s says so and takes no address for gone', async (_, scripted) => {
    const cluster = await followed(filledApi());
    answersTables(cluster.api, scripted);
    await cluster.pass(10 * MINUTE);
    expect(cluster.problems).toEqual([expect.stringMatching(/^API server, list of all nodes: /)]);
    expect(cluster.recorder.others.length).toBe(1);
  });

  test('cells that make no sense are named by Node and column, and the rest counts', async () => {
    const api = filledApi();
    const cells = ['node-b', 'ten', '203.0.113.2'];
    answersTables(api, tableWith([{ cells }, { cells: ['-', '192.0.2.9', '<none>'] }, 'row', {}]));
    const cluster = await followed(api);
    expect(othersOf(cluster)).toEqual([{ '203.0.113.2': 'node-b' }]);
    expect(cluster.problems.map((text) => text.slice(0, 70))).toEqual([
      expect.stringContaining('Node node-b, cells[1]: is "ten", expected an IPv4 address'),
      expect.stringContaining('Node -, cells: name no Node; the row is left out.'),
      expect.stringContaining('cells: name no Node'),
      expect.stringContaining('cells: name no Node'),
    ]);
  });

  test('of very many only some are reported, and the number of the rest', async () => {
    const api = filledApi();
    answersTables(api, tableWith(Array.from({ length: 50 }, () => ({ cells: [] }))));
    const { problems } = await followed(api);
    expect([problems.length, problems.at(-1)]).toEqual([11, 'Nodes: and 40 more. Mend those listed first.']);
  });
});

test('stopping ends a look under way', async () => {
  const api = filledApi();
  const cluster = await followed(api);
  await cluster.source.stop();
  await cluster.pass(30 * MINUTE);
  expect(api.tables.length).toBe(1);
});
