import { describe, expect, test } from 'vitest';
import { TransportError } from '../../src/kubernetes/transport/api-transport.js';
import { serviceKey } from '../../src/model/service-key.js';
import { ByteQueue } from './byte-queue.js';
import { MemoryApi, type Scripted, SERVICE_CIDRS, SERVICES, SLICES } from './memory-api.js';
import { service, WatchedCluster } from './watched-cluster.js';

const STREAMED = 'watch=1&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan';
const WATCHED = 'watch=1&allowWatchBookmarks=true';

/** A server with one Service, which answers requests for Services from the script first. */
function apiWith(
  script: (path: string, request: number) => Scripted | undefined = () => undefined,
): MemoryApi {
  const api = new MemoryApi();
  api.put(SERVICES, service('web'));
  let request = 0;
  api.script = (path) => (path.startsWith(`${SERVICES}?`) ? script(path, request++) : undefined);
  return api;
}

const only = (answer: Scripted) => (_path: string, request: number) => (request === 0 ? answer : undefined);
const always = (answer: Scripted) => () => answer;
const asked = ({ api }: WatchedCluster) => api.asked(SERVICES);
const names = ({ source }: WatchedCluster) =>
  [...source.view.keys()].filter((key) => source.view.look(key).service !== undefined);
const statistics = ({ source }: WatchedCluster) => source.statistics().resources[0];

describe('a server that streams listings', () => {
  test('is asked once, and the same stream goes on as the watch', async () => {
    const cluster = await new WatchedCluster(apiWith()).start();
    cluster.api.put(SERVICES, service('mail', '10.96.0.11'));
    await cluster.settle();
    expect(asked(cluster)).toEqual([`${STREAMED}&resourceVersion=`]);
    expect(names(cluster)).toEqual(['default/web', 'default/mail']);
    expect(statistics(cluster)).toMatchObject({ lists: 1, watches: 1, events: 1, objects: 2, restarts: {} });
  });

  test('keeps a watch open for five to ten minutes, by chance', async () => {
    for (const [random, seconds] of [
      [0, '300'],
      [0.9999, '600'],
    ] as const) {
      const { api } = await new WatchedCluster(apiWith(), { random: () => random }).start();
      expect(new URL(api.requests[0] ?? '', 'http://x').searchParams.get('timeoutSeconds')).toBe(seconds);
    }
  });

  test('that does not close the watch in time has it closed from this end, and nothing is lost', async () => {
    const cluster = await new WatchedCluster(apiWith()).start();
    const from = cluster.api.version;
    // Bookmarks keep it from counting as gone quiet.
    for (let minute = 0; minute < 6; minute++) {
      cluster.api.bookmark(SERVICES);
      await cluster.pass(50_000);
    }
    await cluster.pass(5_000);
    expect(asked(cluster)).toEqual([`${STREAMED}&resourceVersion=`, `${WATCHED}&resourceVersion=${from}`]);
    expect([statistics(cluster)?.restarts, cluster.problems]).toEqual([{ ended: 1 }, []]);
  });

  test('that ends the listing before its end twice is asked for pages', async () => {
    const script = (path: string) => (path.includes('sendInitialEvents') ? { body: '' } : undefined);
    const cluster = await new WatchedCluster(apiWith(script)).start();
    await cluster.pass(2_000);
    expect(asked(cluster).map((query) => query.includes('sendInitialEvents'))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(cluster.source.complete).toBe(true);
  });

  test('that never ends the listing, as one that does not know of it, is asked for pages', async () => {
    const script = (path: string) =>
      path.includes('sendInitialEvents') ? { body: new ByteQueue() } : undefined;
    const cluster = await new WatchedCluster(apiWith(script)).start();
    await cluster.pass(125_000);
    expect([cluster.source.complete, names(cluster)]).toEqual([true, ['default/web']]);
  });
});

describe('a server that does not stream listings', () => {
  test('is asked for pages of 500 at once, and never again for a stream', async () => {
    const api = apiWith();
    api.streamsListings = false;
    for (let i = 0; i < 1_200; i++) api.put(SERVICES, service(`s${i}`, `10.97.${i >> 8}.${i & 255}`));
    const cluster = await new WatchedCluster(api).start();
    const version = api.version;
    expect(asked(cluster)).toEqual([
      `${STREAMED}&resourceVersion=`,
      'limit=500&resourceVersion=0',
      expect.stringMatching(/^limit=500&continue=/),
      expect.stringMatching(/^limit=500&continue=/),
      `${WATCHED}&resourceVersion=${version}`,
    ]);
    expect([cluster.source.view.serviceCount, cluster.problems]).toEqual([1_201, []]);
    api.forgetHistory();
    api.breakAll();
    api.put(SERVICES, service('late'));
    api.forgetHistory();
    await cluster.pass(5_000);
    expect(asked(cluster).filter((query) => query.includes('sendInitialEvents'))).toHaveLength(1);
    expect(cluster.source.view.serviceCount).toBe(1_202);
  });

  test('and forgets a listing between its pages is asked for all of it anew, as of now', async () => {
    const script = (path: string, request: number) =>
      path.includes('continue=') && request === 2 ? { status: 410 } : undefined;
    const api = apiWith(script);
    api.streamsListings = false;
    for (let i = 0; i < 600; i++) api.put(SERVICES, service(`s${i}`, `10.97.${i >> 8}.${i & 255}`));
    const cluster = await new WatchedCluster(api).start();
    await cluster.settle();
    expect(asked(cluster)[3]).toBe('limit=500&resourceVersion=');
    expect(cluster.source.view.serviceCount).toBe(601);
  });

  test.each([
    ['the same next page for ever', () => 'same', 'names the same next page again and again', 10],
    ['another next page for ever', (request: number) => `${request}`, 'has more than 2000 pages', 2_010],
  ])('and names %s is reported as a problem', async (_, continueAt, text, most) => {
    const api = apiWith((path, request) => {
      if (path.includes('watch=1')) return { status: 422 };
      const metadata = { resourceVersion: '5', continue: continueAt(request) };
      return { body: JSON.stringify({ metadata, items: [] }) };
    });
    const cluster = await new WatchedCluster(api).start();
    for (let turn = 0; turn < 5_000 && cluster.problems.length === 0; turn++) await cluster.settle();
    expect(cluster.problems.join()).toContain(`services: was answered with a listing that ${text}.`);
    expect(asked(cluster).length).toBeLessThan(most);
  });

  test('because it forbids it, is asked for pages, which name the verb that is missing', async () => {
    const script = () => ({ status: 403, body: '{"message":"services is forbidden"}' });
    const cluster = await new WatchedCluster(apiWith(script)).start();
    expect(cluster.problems).toEqual([
      'API server, services: was answered with 403: services is forbidden. Bind our account to the ClusterRole ' +
        'system:node-proxier, or allow it the verb list on resources [services] in apiGroups [""].',
    ]);
  });
});

describe('a listing that never ends is reported as a problem before it fills the memory, and what was known stays', () => {
  const longestListing = 100_000;
  const late = (index: number) => ({
    ...service(`more-${index}`, '10.97.0.1'),
    metadata: { name: `more-${index}`, namespace: 'default', uid: `${index}`, resourceVersion: '5' },
  });

  test('in one stream', async () => {
    const cluster = await new WatchedCluster(apiWith(), { longestListing }).start();
    const endless = new ByteQueue();
    cluster.api.script = (path) => (path.startsWith(SERVICES) ? { body: endless } : undefined);
    cluster.api.write(SERVICES, '{"type":"ERROR","object":{"code":410}}\n');
    await cluster.settle();
    for (let index = 0; index < 1_000 && endless.isOpen; index++) {
      endless.write(`${JSON.stringify({ type: 'ADDED', object: late(index) })}\n`);
      await cluster.settle();
    }
    expect(cluster.problems.join()).toContain('services: was answered with a listing of more than 0 MiB.');
    expect([endless.isOpen, names(cluster)]).toEqual([false, ['default/web']]);
  });

  test('in one page', async () => {
    const api = apiWith((path) => {
      if (path.includes('watch=1')) return { status: 422 };
      const items = Array.from({ length: 1_000 }, (_, index) => late(index));
      return { body: JSON.stringify({ metadata: { resourceVersion: '5' }, items }) };
    });
    const cluster = await new WatchedCluster(api, { longestListing }).start();
    await cluster.settle();
    expect(cluster.problems.join()).toContain('services: was answered with a listing of more than 0 MiB.');
    expect(cluster.source.complete).toBe(false);
  });
});

test('a server that forbids to watch what may be listed is reported with that verb, and what was listed is used', async () => {
  const script = (path: string) => (path.includes('watch=1') ? { status: 403 } : undefined);
  const cluster = await new WatchedCluster(apiWith(script)).start();
  expect([cluster.source.complete, names(cluster)]).toEqual([true, ['default/web']]);
  expect(cluster.problems.join()).toContain('allow it the verb watch on resources [services]');
});

test('what may be listed but not watched is listed again at intervals, and the problem lasts', async () => {
  const script = (path: string) => (path.includes('watch=1') ? { status: 403 } : undefined);
  const cluster = await new WatchedCluster(apiWith(script)).start();
  const changes = cluster.recorder.problemChanges;
  cluster.api.put(SERVICES, service('late', '10.96.0.14'));
  await cluster.pass(31_000);
  expect(names(cluster)).toEqual(['default/web', 'default/late']);
  await cluster.pass(600_000);
  expect(cluster.recorder.problemChanges).toBe(changes);
  expect(asked(cluster).length).toBeLessThan(50);
  cluster.api.script = () => undefined;
  await cluster.pass(32_000);
  expect(cluster.problems).toEqual([]);
});

describe('a watch that breaks', () => {
  test('goes on from exactly where it was, after a pause, and is no problem', async () => {
    const cluster = await new WatchedCluster(apiWith()).start();
    const from = cluster.api.version;
    cluster.api.breakAll();
    cluster.api.put(SERVICES, service('mail', '10.96.0.11'));
    cluster.recorder.take();
    await cluster.pass(799);
    expect(asked(cluster)).toHaveLength(1);
    await cluster.pass(1);
    expect(asked(cluster)[1]).toBe(`${WATCHED}&resourceVersion=${from}`);
    expect([cluster.recorder.take(), cluster.problems]).toEqual([[['default/mail']], []]);
    expect(statistics(cluster)?.restarts).toEqual({ lost: 1 });
  });

  test('goes on from the last bookmark', async () => {
    const cluster = await new WatchedCluster(apiWith()).start();
    for (let i = 0; i < 5; i++) cluster.api.put(SLICES, service(`other-${i}`));
    cluster.api.bookmark(SERVICES);
    await cluster.settle();
    const from = cluster.api.version;
    cluster.api.endAll();
    await cluster.pass(2_000);
    expect(asked(cluster)[1]).toBe(`${WATCHED}&resourceVersion=${from}`);
  });

  test('is a problem when the second attempt fails too, until one lasts', async () => {
    const error = new TransportError('connect', 'nobody answers at 192.0.2.1:6443.');
    const api = apiWith();
    const cluster = await new WatchedCluster(api).start();
    const { script } = api;
    api.script = () => ({ error });
    api.breakAll();
    await cluster.pass(800);
    expect(cluster.problems).toContain(
      'API server, services: nobody answers at 192.0.2.1:6443. What was known stays in use. ' +
        'It is tried again; if it lasts, look at the API server and at what lies between.',
    );
    expect(names(cluster)).toEqual(['default/web']);
    api.script = script;
    await cluster.pass(1_600);
    expect(cluster.problems).not.toEqual([]);
    await cluster.pass(1_000);
    expect(cluster.problems).toEqual([]);
  });

  test('in the middle of an event receives that event again', async () => {
    const cluster = await new WatchedCluster(apiWith()).start();
    cluster.api.write(SERVICES, '{"type":"ADDED","object":{"metadata":{"na');
    cluster.api.endAll();
    cluster.api.put(SERVICES, service('na', '10.96.0.12'));
    await cluster.pass(2_000);
    expect(names(cluster)).toEqual(['default/web', 'default/na']);
    expect(statistics(cluster)).toMatchObject({ lists: 1, corruptLines: 0, restarts: { lost: 1 } });
  });

  test('is closed at once again and again is not asked for again and again', async () => {
    const cluster = await new WatchedCluster(apiWith()).start();
    cluster.api.script = (path) => (path.includes('watch=1') ? { body: '' } : undefined);
    cluster.api.endAll();
    await cluster.pass(600_000);
    expect(asked(cluster).length).toBeLessThan(50);
    expect(cluster.problems.join()).toContain('services: was closed by the API server at once.');
  });
});

test('a watch that silence ends every 90 s, as over HTTP/1.1 without bookmarks, is begun anew each time and is no problem', async () => {
  const cluster = await new WatchedCluster(apiWith()).start();
  cluster.recorder.problemChanges = 0;
  for (let n = 1; n <= 5; n++) {
    await cluster.pass(90_000);
    cluster.api.breakAll(new TransportError('silent', 'nothing was received any more.'));
    cluster.api.put(SERVICES, service(`late-${n}`, '10.96.0.14'));
    await cluster.pass(1_600);
    expect(names(cluster)).toContain(`default/late-${n}`);
  }
  expect([cluster.problems, cluster.recorder.problemChanges]).toEqual([[], 0]);
});

describe('a server that has forgotten our version', () => {
  test('is asked for all there is at once, and is no problem', async () => {
    const cluster = await new WatchedCluster(apiWith()).start();
    cluster.api.put(SERVICES, service('new', '10.96.0.13'));
    await cluster.settle();
    cluster.api.write(SERVICES, '{"type":"ERROR","object":{"code":410}}\n');
    await cluster.pass(1);
    expect(asked(cluster)).toEqual([`${STREAMED}&resourceVersion=`, `${STREAMED}&resourceVersion=`]);
    expect(cluster.problems).toEqual([]);
  });

  test('again and again is not asked for all there is again and again', async () => {
    const gone = '{"type":"ERROR","object":{"code":410}}\n';
    const cluster = await new WatchedCluster(apiWith(always({ body: gone }))).start();
    await cluster.pass(600_000);
    expect(asked(cluster).length).toBeLessThan(70);
  });

  test('does not make the next failure wait longer, since the listing succeeded', async () => {
    const api = apiWith((_path, request) => (request < 5 ? { status: 500 } : undefined));
    const cluster = await new WatchedCluster(api).start();
    await cluster.pass(30_000);
    const before = asked(cluster).length;
    expect(before).toBe(6);
    api.breakAll();
    await cluster.pass(800);
    expect(asked(cluster)).toHaveLength(before + 1);
  });

  test.each([
    ['in an event', undefined],
    ['in its answer', { status: 410 }],
  ])('says so %s, and all is listed anew, as of now', async (_, answer) => {
    const api = apiWith((_path, request) => (request === 2 ? answer : undefined));
    api.put(SERVICES, service('gone', '10.96.0.12'));
    const cluster = await new WatchedCluster(api).start();
    cluster.recorder.take();
    api.breakAll();
    api.delete(SERVICES, service('gone'));
    api.put(SERVICES, service('new', '10.96.0.13'));
    api.forgetHistory();
    await cluster.pass(4_000);
    expect(asked(cluster)[2]).toBe(`${STREAMED}&resourceVersion=`);
    expect(cluster.recorder.take().flat().sort()).toEqual(['default/gone', 'default/new']);
    expect([names(cluster), cluster.problems]).toEqual([['default/web', 'default/new'], []]);
  });

  test('because it went back in time, is found out when the watch breaks', async () => {
    const api = apiWith();
    const cluster = await new WatchedCluster(api).start();
    const before = api.snapshot();
    for (const name of ['lost', 'too']) api.put(SERVICES, service(name, '10.96.0.12'));
    await cluster.settle();
    api.restore(before);
    api.put(SERVICES, service('after', '10.96.0.13'));
    await cluster.pass(2_400);
    expect(names(cluster)).toEqual(['default/web', 'default/after']);
    expect([statistics(cluster)?.restarts, cluster.problems]).toEqual([{ lost: 1, 'future-version': 1 }, []]);
  });

  test('because it went back in time, is found out by a bookmark at the latest', async () => {
    const cluster = await new WatchedCluster(apiWith()).start();
    const past = '{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"999"}}}';
    cluster.api.write(SERVICES, `${past}\n`);
    await cluster.pass(800);
    expect(asked(cluster)[1]).toBe(`${STREAMED}&resourceVersion=`);
  });

  test('or does not have it yet, is asked for what it has now', async () => {
    const tooLarge = { details: { causes: [{ reason: 'ResourceVersionTooLarge' }] }, message: 'later' };
    const api = apiWith((_path, request) =>
      request === 2 ? { status: 504, body: JSON.stringify(tooLarge) } : undefined,
    );
    const cluster = await new WatchedCluster(api).start();
    api.breakAll();
    await cluster.pass(4_000);
    expect(asked(cluster)[2]).toBe(`${STREAMED}&resourceVersion=`);
  });
});

describe('a server that accepts no connections', () => {
  const gone = new TransportError('connect', 'nobody listens there.');

  async function away(): Promise<WatchedCluster> {
    const cluster = await new WatchedCluster(apiWith()).start();
    const { api } = cluster;
    api.acceptsConnections = false;
    api.script = () => ({ error: gone });
    api.breakAll();
    return cluster;
  }

  function comesBack({ api }: WatchedCluster): void {
    api.acceptsConnections = true;
    api.script = () => undefined;
  }

  test.each([2, 10, 30, 120, 600])('for %i s is asked again within 2 s of its return', async (seconds) => {
    const cluster = await away();
    await cluster.pass(seconds * 1000);
    const asking = asked(cluster).length;
    comesBack(cluster);
    cluster.api.put(SERVICES, service('late', '10.96.0.14'));
    await cluster.pass(2_000);
    expect([asking, asked(cluster).length]).toEqual([1, 2]);
    expect([names(cluster), cluster.problems]).toEqual([['default/web', 'default/late'], []]);
  });

  test.each([0, 0.5, 0.999])(
    'several times in a row is asked again within 2.3 s each time (chance: %f)',
    async (chance) => {
      const cluster = await new WatchedCluster(apiWith(), { random: () => chance }).start();
      const { api } = cluster;
      for (let restart = 0; restart < 6; restart++) {
        api.acceptsConnections = false;
        api.script = () => ({ error: gone });
        api.breakAll();
        await cluster.pass(2_000);
        comesBack(cluster);
        api.put(SERVICES, service(`late-${restart}`, '10.96.0.14'));
        await cluster.pass(2_300);
        expect(names(cluster)).toContain(`default/late-${restart}`);
      }
    },
  );

  test.each([0, 0.5, 0.999])(
    'three times, a minute apart, and forgets its history is followed within 2.3 s each time (chance: %f)',
    async (chance) => {
      const cluster = await new WatchedCluster(apiWith(), { random: () => chance }).start();
      const { api } = cluster;
      for (let restart = 0; restart < 3; restart++) {
        api.acceptsConnections = false;
        api.script = () => ({ error: gone });
        api.breakAll();
        await cluster.pass(5_000);
        api.put(SERVICES, service(`late-${restart}`, '10.96.0.14'));
        api.forgetHistory();
        comesBack(cluster);
        await cluster.pass(2_300);
        expect(names(cluster)).toContain(`default/late-${restart}`);
        await cluster.pass(52_700);
      }
    },
  );

  test.each([0, 0.5, 0.999])(
    'three times, ten seconds apart, still accepts connections when it breaks them, and forgets its history is followed within 2.3 s each time (chance: %f)',
    async (chance) => {
      const cluster = await new WatchedCluster(apiWith(), { random: () => chance }).start();
      const { api } = cluster;
      for (let restart = 0; restart < 3; restart++) {
        api.script = () => ({ error: gone });
        api.breakAll();
        await cluster.pass(20);
        api.acceptsConnections = false;
        await cluster.pass(5_000);
        api.put(SERVICES, service(`late-${restart}`, '10.96.0.14'));
        api.forgetHistory();
        comesBack(cluster);
        await cluster.pass(2_300);
        expect(names(cluster)).toContain(`default/late-${restart}`);
        await cluster.pass(2_700);
      }
    },
  );

  test('is tried once a second for everything that is followed, with bare connections', async () => {
    const cluster = await away();
    await cluster.pass(60_000);
    // 0.75 s, as chance has it here.
    expect(cluster.api.probes).toBeLessThanOrEqual(81);
    expect(cluster.api.probes).toBeGreaterThan(40);
  });

  test('is a problem while that lasts', async () => {
    const cluster = await away();
    await cluster.pass(60_000);
    expect(cluster.problems.join()).toContain('services');
    comesBack(cluster);
    await cluster.pass(5_000);
    expect(cluster.problems).toEqual([]);
  });

  test('is no longer tried after the stop', async () => {
    const cluster = await away();
    await cluster.pass(5_000);
    await cluster.source.stop();
    const { probes } = cluster.api;
    await cluster.pass(60_000);
    expect(cluster.api.probes).toBe(probes);
  });
});

test('a server that accepts connections but breaks them is asked by the back-off, and not once a second', async () => {
  const cluster = await new WatchedCluster(apiWith()).start();
  cluster.api.script = () => ({ error: new TransportError('connect', 'the connection ended before TLS.') });
  cluster.api.breakAll();
  await cluster.pass(600_000);
  expect(asked(cluster).length).toBeLessThan(50);
});

describe('an overloaded server', () => {
  test.each([
    [{ status: 429, headers: { 'retry-after': '20' } }, 20_800],
    [{ status: 503, headers: { 'retry-after': '1' } }, 1_800],
    [{ status: 429, body: '{"details":{"retryAfterSeconds":9}}' }, 9_800],
    [{ status: 503, headers: { 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' } }, 800],
    [{ status: 429, headers: { 'retry-after': '999999' } }, 120_800],
  ])('is left alone for as long as it asks, within reason: %j, %i ms', async (answer, wait) => {
    const cluster = await new WatchedCluster(apiWith(only(answer))).start();
    await cluster.pass(wait - 1);
    expect(asked(cluster)).toHaveLength(1);
    await cluster.pass(1);
    expect([asked(cluster).length, cluster.source.complete]).toEqual([2, true]);
  });

  test('may say so in the middle of a watch', async () => {
    const cluster = await new WatchedCluster(apiWith()).start();
    cluster.api.write(SERVICES, '{"type":"ERROR","object":{"code":429,"details":{"retryAfterSeconds":5}}}\n');
    await cluster.pass(5_799);
    expect(asked(cluster)).toHaveLength(1);
    await cluster.pass(1);
    expect(asked(cluster)[1]).toContain(WATCHED);
  });
});

describe('an answer that a person has to put right is a problem at once', () => {
  const HTML = { body: '<html>log in</html>', headers: { 'content-type': 'text/html; charset=utf-8' } };
  test.each<[string, Scripted, string]>([
    ['401', { status: 401, body: '{"message":"Unauthorized"}' }, 'Renew the token or client certificate'],
    ['404', { status: 404, body: 'page not found' }, 'Make sure that the API server serves services'],
    ['HTML', HTML, 'was answered with "text/html; charset=utf-8" instead of JSON.'],
    [
      'a hostile text',
      { status: 418, body: '{"message":"\\u001b[2J"}' },
      'was answered with 418: \\u{1b}[2J.',
    ],
    [
      'a bad certificate',
      { error: new TransportError('tls', 'the certificate has expired.') },
      'has expired',
    ],
    [
      'a mistake of ours',
      { error: new TypeError('x is not a function') },
      'This is a mistake in kube-ipvs-proxy',
    ],
  ])('%s', async (_, answer, text) => {
    const cluster = await new WatchedCluster(apiWith(always(answer))).start();
    expect(cluster.problems).toHaveLength(1);
    expect(cluster.problems[0]).toContain(text);
    cluster.api.script = () => undefined;
    await cluster.pass(2_000);
    expect([cluster.problems, names(cluster)]).toEqual([[], ['default/web']]);
  });

  test('and asked for ever less often', async () => {
    const cluster = await new WatchedCluster(apiWith(always({ status: 401 }))).start();
    await cluster.pass(600_000);
    expect(asked(cluster).length).toBeLessThan(50);
  });
});

describe('a line that makes no sense', () => {
  test('in a watch has all listed anew, since what it said may have been a deletion', async () => {
    const cluster = await new WatchedCluster(apiWith()).start();
    cluster.api.write(SERVICES, '{"type":"DELETED","object":{"met{"type":"ADDED"}\n');
    await cluster.settle();
    expect(cluster.problems).toEqual([
      'API server, services: held a line that is no JSON of the API; everything is asked for again. ' +
        'What was known stays in use. Look for what lies between this node and the API server.',
    ]);
    await cluster.pass(2_000);
    expect(statistics(cluster)).toMatchObject({ corruptLines: 1, lists: 2, restarts: { corrupt: 1 } });
    expect(cluster.problems).toEqual([]);
  });

  test.each([true, false])(
    'in a listing costs nothing else, and nothing is taken for gone (streamed: %s)',
    async (streams) => {
      const good = JSON.stringify(service('good', '10.96.0.12'));
      const lines = ['{"type":"ADDED","object":{oops}}', `{"type":"ADDED","object":${good}}`];
      const end =
        '{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"5","annotations":{"k8s.io/initial-events-end":"true"}}}}';
      const page = `{"metadata":{"resourceVersion":"5"},"items":[{oops},${good}]}`;
      const damaged = streams ? [...lines, end, ''].join('\n') : page;
      const api = apiWith();
      api.streamsListings = streams;
      const cluster = await new WatchedCluster(api).start();
      api.forgetHistory();
      api.breakAll();
      api.put(SERVICES, service('web', '10.96.0.11'));
      api.forgetHistory();
      const isListing = (path: string) =>
        path.startsWith(SERVICES) && path.includes(streams ? 'sendInitial' : 'limit');
      api.script = (path) => (isListing(path) ? { body: damaged } : undefined);
      await cluster.pass(3_000);
      expect(names(cluster)).toEqual(['default/web', 'default/good']);
      expect(cluster.problems).toHaveLength(1);
      api.script = () => undefined;
      await cluster.pass(10_000);
      expect([names(cluster), cluster.problems]).toEqual([['default/web'], []]);
    },
  );

  test('in the first listing leaves the source incomplete', async () => {
    const body =
      '{"type":"ADDED","object":{oops}}\n{"type":"BOOKMARK","object":{"metadata":{"annotations":{"k8s.io/initial-events-end":"true"}}}}\n';
    const cluster = await new WatchedCluster(apiWith(always({ body }))).start();
    await cluster.pass(60_000);
    expect(cluster.source.complete).toBe(false);
  });
});

test('a watch that sends nothing is left alone where the server has never sent a bookmark', async () => {
  const cluster = await new WatchedCluster(apiWith()).start();
  await cluster.pass(290_000);
  expect([asked(cluster).length, statistics(cluster)?.restarts]).toEqual([1, {}]);
});

test('a watch that sends nothing for longer than bookmarks take is begun again where it was', async () => {
  const cluster = await new WatchedCluster(apiWith()).start();
  const from = cluster.api.version;
  await cluster.pass(60_000);
  cluster.api.bookmark(SERVICES);
  await cluster.pass(89_000);
  expect(asked(cluster)).toHaveLength(1);
  await cluster.pass(2_000);
  expect(asked(cluster)[1]).toBe(`${WATCHED}&resourceVersion=${from}`);
  expect([statistics(cluster)?.restarts, cluster.problems]).toEqual([{ quiet: 1 }, []]);
});

test('pages that never come are given up', async () => {
  const silent = new ByteQueue();
  const api = apiWith((path, request) =>
    path.includes('limit=') && request < 3 ? { body: silent } : undefined,
  );
  api.streamsListings = false;
  const cluster = await new WatchedCluster(api).start();
  await cluster.pass(95_000);
  expect([silent.isClosed, cluster.source.complete]).toEqual([true, true]);
});

test('a server that is away for hours costs nothing of what is known', async () => {
  const cluster = await new WatchedCluster(apiWith()).start();
  cluster.recorder.take();
  cluster.api.script = () => ({ error: new TransportError('connect', 'nobody answers.') });
  cluster.api.breakAll();
  await cluster.pass(7_200_000);
  expect([names(cluster), cluster.recorder.take(), cluster.source.complete]).toEqual([
    ['default/web'],
    [],
    true,
  ]);
  expect(cluster.source.view.look(serviceKey('default', 'web')).service).toBeDefined();
  expect(cluster.api.asked(SERVICE_CIDRS).length).toBeLessThan(7_200_000 / 15_000 + 10);
});
