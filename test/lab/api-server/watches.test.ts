import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiServer } from '../../../lab/api-server/api-server.js';
import { type OpenAnswer, open, type Question, TOKEN } from './client.js';

const WATCH = '/api/v1/services?watch=1';
const WATCH_LIST = `${WATCH}&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan`;

describe('a watch of the test API server', () => {
  let server: ApiServer;
  const opened: OpenAnswer[] = [];

  beforeEach(async () => {
    server = await ApiServer.start({ features: { freshness: 1 } });
    server.access.allowToken(TOKEN);
    for (const name of ['a', 'b']) server.store.create('services', service(name));
  });

  afterEach(async () => {
    for (const { close } of opened.splice(0)) close();
    await server.close();
  });

  /** The lines as they come; undefined at the end. */
  async function watch(path: string, more: Partial<Question> = {}) {
    const answer = await open(server, { path, ...more });
    opened.push(answer);
    answer.stream.on('error', () => undefined);
    const lines = createInterface(answer.stream)[Symbol.asyncIterator]();
    const nextLine = async () => (await lines.next()).value as string | undefined;
    const next = async () => JSON.parse((await nextLine()) ?? 'null');
    const short = async () => summary(await next());
    return { answer, nextLine, next, short };
  }

  it.each(['h2', 'http/1.1'] as const)(
    'tells what has happened since, then what happens, over %s',
    async (protocol) => {
      const { short, next } = await watch(`${WATCH}&resourceVersion=1001`, { protocol });
      expect(await short()).toBe('ADDED b');
      server.store.update('services', service('a', { new: 'label' }));
      const { type, object } = await next();
      expect(type).toBe('MODIFIED');
      expect(object).toMatchObject({
        kind: 'Service',
        apiVersion: 'v1',
        metadata: { resourceVersion: '1003' },
      });
      server.store.delete('services', 'default/b');
      expect(await next()).toMatchObject({
        type: 'DELETED',
        object: { metadata: { resourceVersion: '1004' } },
      });
    },
  );

  it('begins with everything and says where that ends', async () => {
    const { short, next } = await watch(WATCH_LIST);
    expect([await short(), await short()]).toEqual(['ADDED a', 'ADDED b']);
    expect(await next()).toMatchObject({
      type: 'BOOKMARK',
      object: {
        kind: 'Service',
        metadata: { resourceVersion: '1002', annotations: { 'k8s.io/initial-events-end': 'true' } },
      },
    });
  });

  it('is refused with 422 where sendInitialEvents is not known', async () => {
    server.desk.features.watchList = false;
    const { answer, next } = await watch(WATCH_LIST);
    expect(answer.status).toBe(422);
    expect(await next()).toMatchObject({
      kind: 'Status',
      reason: 'Invalid',
      details: { kind: 'ListOptions' },
    });
  });

  it('lets objects come and go as they begin and cease to match', async () => {
    const { short } = await watch(
      `${WATCH}&resourceVersion=1002&labelSelector=${encodeURIComponent('!hidden')}`,
    );
    server.store.update('services', service('a', { hidden: '' }));
    expect(await short()).toBe('DELETED a');
    server.store.update('services', service('a'));
    expect(await short()).toBe('ADDED a');
  });

  it('says 410 in its first event where the past was compacted away', async () => {
    server.store.create('services', service('c'));
    server.store.compact();
    const { answer, next, nextLine } = await watch(`${WATCH}&resourceVersion=1001`);
    expect(answer.status).toBe(200);
    expect(await next()).toMatchObject({ type: 'ERROR', object: { code: 410, reason: 'Expired' } });
    expect(await nextLine()).toBeUndefined();
  });

  it('has bookmarks for who wants them, and ends in good order with one', async () => {
    server.desk.features.bookmarkInterval = 5;
    const { short, nextLine } = await watch(`${WATCH}&resourceVersion=1002&allowWatchBookmarks=true`);
    server.store.create('nodes', { metadata: { name: 'node-1' } });
    let said = await short();
    // Some may have come before the node.
    while (said === 'BOOKMARK 1002') said = await short();
    expect(said).toBe('BOOKMARK 1003');
    server.desk.features.bookmarkInterval = 60_000;
    server.desk.expireWatches();
    let last: string | undefined;
    for (let line = await nextLine(); line !== undefined; line = await nextLine()) last = line;
    expect(JSON.parse(last ?? '')).toMatchObject({ type: 'BOOKMARK' });
  });

  it('hides what a restored backup makes seem old, as the real one does', async () => {
    server.store.restore(1001);
    server.store.create('services', service('again'));
    const { short } = await watch(`${WATCH}&resourceVersion=1002`);
    server.store.create('services', service('later'));
    expect(await short()).toBe('ADDED later');
  });

  it.each([
    ['truncated', [/^\{"type":"ADDED".*[^}]$/, undefined]],
    ['corrupt', [/^\{"type":"ADDED".*[^}]$/, /"name":"d"/]],
    ['interleaved', [/^\{"type":"ADDED".*\{"type":"ADDED".*\}$/, /"name":"d"/]],
    ['gone', [/"ERROR".*"code":410/, undefined]],
  ] as const)('can have a line that is %s', async (what, expected) => {
    server.faults.line(what, { resource: 'services' });
    const { nextLine } = await watch(`${WATCH}&resourceVersion=1002`);
    for (const name of ['c', 'd']) server.store.create('services', service(name));
    for (const line of expected)
      if (line === undefined) expect(await nextLine()).toBeUndefined();
      else expect(await nextLine()).toMatch(line);
  });

  it.each(['h2', 'http/1.1'] as const)('can lose its connection, over %s', async (protocol) => {
    const { answer } = await watch(`${WATCH}&resourceVersion=1002`, { protocol });
    const closed = new Promise((resolve) => answer.stream.on('close', resolve));
    server.wire.reset();
    await closed;
    await expect.poll(() => server.desk.watchCount).toBe(0);
  });

  it('can fall silent without losing its connection, and speak again', async () => {
    const { answer, short } = await watch(`${WATCH}&resourceVersion=1002`);
    server.wire.freeze();
    server.store.create('services', service('c'));
    let spoke = false;
    const said = short().then((line) => {
      spoke = true;
      return line;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([spoke, answer.stream.destroyed, server.wire.open]).toEqual([false, false, 1]);
    server.wire.thaw();
    expect(await said).toBe('ADDED c');
  });
});

function summary(event: {
  type: string;
  object: { metadata: { name?: string; resourceVersion: string } };
}): string {
  const { name, resourceVersion } = event.object.metadata;
  return `${event.type} ${name ?? resourceVersion}`;
}

function service(name: string, labels: Record<string, string> = {}) {
  return { metadata: { name, namespace: 'default', labels }, spec: { clusterIP: '10.96.0.1' } };
}
