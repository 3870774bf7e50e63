import { mkdir, readFile, rename, rm, unlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { ManifestWatcher } from '../../src/manifests/manifest-watcher.js';
import { serviceKey } from '../../src/model/service-key.js';
import {
  documents,
  Recorder,
  serviceYaml,
  sliceYaml,
  temporaryFolder,
  watched,
  writeFiles,
} from './folder.js';

const WEB = serviceKey('default', 'web');
const MAIL = serviceKey('default', 'mail');

describe('the first look', () => {
  test('reads every manifest, reports every Service once, and completes', async () => {
    const { source, recorder } = await watched({
      'a.yaml': serviceYaml('web'),
      'b.yml': sliceYaml('web-1', 'web'),
      'c.json': JSON.stringify({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'mail' },
        spec: { clusterIP: '10.96.0.11', ports: [{ port: 25 }] },
      }),
    });
    expect(recorder.take()).toEqual([['default/mail', 'default/web']]);
    expect(source.complete).toBe(true);
    expect(source.view.look(WEB).service?.clusterIPs).toEqual(['10.96.0.10']);
    expect(source.view.look(WEB).slices[0]?.endpoints.at(0)?.address).toBe('10.244.0.5');
    expect(source.view.look(MAIL).service?.ports[0]?.port).toBe(25);
    expect(source.problems).toEqual([]);
  });

  test('names no object, since all is new; what changes later has its name', async () => {
    const { source, recorder, folder } = await watched({
      'a.yaml': serviceYaml('web'),
      'b.yaml': sliceYaml('web-1', 'web'),
    });
    expect(recorder.objects).toEqual([]);
    await writeFiles(folder, { 'b.yaml': sliceYaml('web-2', 'web') });
    await source.rescan();
    expect(recorder.objects.sort()).toEqual(['EndpointSlice default/web-1', 'EndpointSlice default/web-2']);
  });

  test('is not complete before it is done', async () => {
    const folder = await temporaryFolder();
    await writeFiles(folder, { 'web.yaml': serviceYaml('web') });
    const source = new ManifestWatcher({ folder });
    const started = source.start(new Recorder());
    expect(source.complete).toBe(false);
    await started;
    await source.stop();
    expect(source.complete).toBe(true);
  });

  test('of an empty folder completes and reports so', async () => {
    const { source, recorder } = await watched({});
    expect([source.complete, recorder.take()]).toEqual([true, [[]]]);
  });

  test('rejects where the folder is missing, and says what to do', async () => {
    const source = new ManifestWatcher({ folder: '/nonexistent/manifests' });
    await expect(source.start(new Recorder())).rejects.toThrow(
      'manifests folder "/nonexistent/manifests": does not exist (ENOENT). Create or mount it, or correct the path.',
    );
  });

  test('rejects where the folder is a file', async () => {
    const folder = await temporaryFolder();
    await writeFiles(folder, { 'web.yaml': serviceYaml('web') });
    const source = new ManifestWatcher({ folder: join(folder, 'web.yaml') });
    await expect(source.start(new Recorder())).rejects.toThrow('is not a folder (ENOTDIR)');
  });

  test('passes over hidden files, other names, and folders below', async () => {
    const { folder, look, source } = await watched({
      '.web.yaml': serviceYaml('web'),
      'web.yaml~': serviceYaml('web'),
      'web.txt': 'no manifest',
    });
    await mkdir(join(folder, 'below'));
    await writeFiles(join(folder, 'below'), { 'web.yaml': serviceYaml('web') });
    await look();
    expect([source.view.serviceCount, source.problems]).toEqual([0, []]);
  });
});

describe('a change', () => {
  test('is reported with the touched Services only', async () => {
    const both = documents(serviceYaml('web'), serviceYaml('mail', '10.96.0.11'));
    const { write, recorder, source } = await watched({
      'both.yaml': both,
      'slice.yaml': sliceYaml('web-1', 'web'),
    });
    recorder.take();
    expect(await write({ 'both.yaml': both.replace('port: 80', 'port: 81') })).toEqual([['default/web']]);
    expect(source.view.look(WEB).service?.ports[0]?.port).toBe(81);
    expect(await write({ 'slice.yaml': sliceYaml('web-1', 'web', '10.244.0.6') })).toEqual([['default/web']]);
  });

  test('that leaves every record equal is not reported', async () => {
    const { write, recorder } = await watched({ 'web.yaml': serviceYaml('web') });
    recorder.take();
    expect(await write({ 'web.yaml': `# a comment\n${serviceYaml('web')}` })).toEqual([]);
  });

  test('of nothing is not reported', async () => {
    const { look, recorder } = await watched({ 'web.yaml': serviceYaml('web') });
    recorder.take();
    expect(await look()).toEqual([]);
  });

  test('that keeps size and modification time is seen all the same', async () => {
    const { folder, write, look, recorder } = await watched({ 'web.yaml': serviceYaml('web') });
    const longAgo = new Date('2026-01-31T12:00:00Z');
    await utimes(join(folder, 'web.yaml'), longAgo, longAgo);
    await look();
    recorder.take();
    await writeFiles(folder, { 'web.yaml': serviceYaml('web', '10.96.0.99') });
    await utimes(join(folder, 'web.yaml'), longAgo, longAgo);
    expect(await write({})).toEqual([['default/web']]);
  });

  test('of the label that names the Service touches the old and the new one', async () => {
    const { write, recorder } = await watched({
      'services.yaml': documents(serviceYaml('web'), serviceYaml('mail', '10.96.0.11')),
      'slice.yaml': sliceYaml('x', 'web'),
    });
    recorder.take();
    expect(await write({ 'slice.yaml': sliceYaml('x', 'mail') })).toEqual([['default/mail', 'default/web']]);
  });

  test('that removes a file deletes its objects', async () => {
    const { folder, look, recorder, source } = await watched({
      'web.yaml': serviceYaml('web'),
      'mail.yaml': serviceYaml('mail', '10.96.0.11'),
    });
    recorder.take();
    await unlink(join(folder, 'web.yaml'));
    expect(await look()).toEqual([['default/web']]);
    expect([...source.view.keys()]).toEqual(['default/mail']);
  });

  test('that moves an object to another file is no change of the object', async () => {
    const { folder, look, recorder } = await watched({ 'a.yaml': serviceYaml('web') });
    recorder.take();
    await rename(join(folder, 'a.yaml'), join(folder, 'b.yaml'));
    expect(await look()).toEqual([]);
  });

  test('that makes a Service headless takes it out of the view', async () => {
    const { write, recorder, source } = await watched({ 'web.yaml': serviceYaml('web') });
    recorder.take();
    expect(await write({ 'web.yaml': serviceYaml('web', 'None') })).toEqual([['default/web']]);
    expect([source.view.look(WEB).service, source.problems]).toEqual([undefined, []]);
  });
});

describe('the folder', () => {
  test('that vanishes keeps its content, and is taken up again when it is back', async () => {
    const { folder, look, write, recorder, source, problems } = await watched({
      'web.yaml': serviceYaml('web'),
    });
    recorder.take();
    await rm(folder, { recursive: true });
    expect(await look()).toEqual([]);
    expect(source.view.serviceCount).toBe(1);
    expect(problems()[0]).toContain('does not exist (ENOENT); its last content stays in use.');
    await mkdir(folder);
    expect(await write({ 'mail.yaml': serviceYaml('mail') })).toEqual([['default/mail', 'default/web']]);
    expect(problems()).toEqual([]);
  });

  test('reports changed problems once and not again', async () => {
    const { write, look, recorder } = await watched({});
    await write({ 'web.yaml': serviceYaml('web', '10.96.0.10', 0) });
    expect(recorder.problemReports).toBe(1);
    await look();
    expect(recorder.problemReports).toBe(1);
  });
});

describe('after stop', () => {
  test('nothing is reported and no handle is left', async () => {
    const before = openHandles();
    const { folder, source, recorder } = await watched({}, { settleTime: 1, rescanInterval: 1 });
    await writeFiles(folder, { 'web.yaml': serviceYaml('web') });
    await source.stop();
    recorder.take();
    await closed();
    expect(openHandles()).toBeLessThanOrEqual(before);
    await writeFiles(folder, { 'mail.yaml': serviceYaml('mail') });
    await source.rescan();
    expect(recorder.take()).toEqual([]);
  });

  test('during the first look, start still resolves', async () => {
    const folder = await temporaryFolder();
    await writeFiles(folder, { 'web.yaml': serviceYaml('web') });
    const before = openHandles();
    const source = new ManifestWatcher({ folder });
    const started = source.start(new Recorder());
    await source.stop();
    await started;
    await closed();
    expect(openHandles()).toBeLessThanOrEqual(before);
  });
});

test('the example of the first run is in order', async () => {
  const { problems, source } = await watched({
    'service.yaml': await readFile('examples/hostnames/service.yaml', 'utf8'),
    'endpointslice.yaml': await readFile('examples/hostnames/endpointslice.yaml', 'utf8'),
  });
  const { service, slices } = source.view.look(serviceKey('default', 'hostnames'));
  expect(problems()).toEqual([]);
  expect(service).toMatchObject({ clusterIPs: ['10.98.154.209'], ports: [{ name: 'http', port: 80 }] });
  expect(slices.map(({ ports }) => ports[0]?.port)).toEqual([9376]);
  expect(Array.from(slices[0]?.endpoints ?? [], ({ address, ready }) => `${address} ${ready}`)).toEqual([
    '10.244.0.5 true',
    '10.244.0.6 true',
    '10.244.0.7 true',
  ]);
});

/** The test runner has timers of its own, which may end meanwhile. */
function openHandles(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'FSEventWrap' || name === 'Timeout')
    .length;
}

/** A closed handle is listed until the end of a turn of the loop, which comes after its immediates. */
async function closed(): Promise<void> {
  await setImmediate();
  await setImmediate();
}

describe('Nodes in the folder', () => {
  const nodeYaml = (name: string, address: string) =>
    `apiVersion: v1\nkind: Node\nmetadata: {name: ${name}}\nstatus: {addresses: [{type: InternalIP, address: ${address}}]}\n`;

  test('are reported with their addresses, without the own one, and only when they change', async () => {
    const { source, recorder, folder } = await watched(
      { 'a.yaml': nodeYaml('node-1', '192.0.2.1'), 'b.yaml': nodeYaml('node-2', '192.0.2.2') },
      { nodeName: 'node-1' },
    );
    expect(recorder.others.map((others) => [...others])).toEqual([[['192.0.2.2', 'node-2']]]);
    await writeFiles(folder, { 'a.yaml': nodeYaml('node-1', '192.0.2.9') });
    await source.rescan();
    expect(recorder.others.length).toBe(1);
    await unlink(join(folder, 'b.yaml'));
    await source.rescan();
    expect(recorder.others.at(-1)).toEqual(new Map());
    expect(source.problems).toEqual([]);
  });

  test('that cannot be read say so by their name alone', async () => {
    const { source } = await watched({ 'a.yaml': nodeYaml('node-2', 'ten') });
    expect(source.problems.map(({ subject }) => subject)).toEqual(['Node node-2 (a.yaml line 1)']);
  });
});
