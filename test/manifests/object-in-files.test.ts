import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { serviceKey } from '../../src/model/service-key.js';
import { documents, serviceYaml, sliceYaml, watched } from './folder.js';

const WEB = serviceKey('default', 'web');

describe('the same object in two files', () => {
  test('is taken from the first by name, and the other is reported', async () => {
    const { source, problems } = await watched({
      'b.yaml': serviceYaml('web', '10.96.0.2'),
      'a.yaml': serviceYaml('web', '10.96.0.1'),
    });
    expect(source.view.look(WEB).service?.clusterIPs).toEqual(['10.96.0.1']);
    expect(source.problems[0]?.kind).toBe('conflict');
    expect(problems()).toEqual([
      'Service default/web (b.yaml line 1): is not used, because Service default/web (a.yaml line 1) comes before it. ' +
        'Remove one of the two.',
    ]);
  });

  test('is taken from the second when the first goes', async () => {
    const { folder, look, recorder, source } = await watched({
      'a.yaml': serviceYaml('web', '10.96.0.1'),
      'b.yaml': serviceYaml('web', '10.96.0.2'),
    });
    recorder.take();
    await unlink(join(folder, 'a.yaml'));
    expect(await look()).toEqual([['default/web']]);
    expect(source.view.look(WEB).service?.clusterIPs).toEqual(['10.96.0.2']);
    expect(source.problems).toEqual([]);
  });

  test('does not change when only the second does', async () => {
    const { write, recorder } = await watched({
      'a.yaml': serviceYaml('web', '10.96.0.1'),
      'b.yaml': serviceYaml('web', '10.96.0.2'),
    });
    recorder.take();
    expect(await write({ 'b.yaml': serviceYaml('web', '10.96.0.3') })).toEqual([]);
  });

  test('in one file counts from the first document', async () => {
    const { source } = await watched({
      'a.yaml': documents(serviceYaml('web', '10.96.0.1'), serviceYaml('web', '10.96.0.2')),
    });
    expect(source.view.look(WEB).service?.clusterIPs).toEqual(['10.96.0.1']);
    expect(source.problems.map(({ subject }) => subject)).toEqual(['Service default/web (a.yaml line 8)']);
  });

  test('stays away while the first is left alone', async () => {
    const { source } = await watched({ 'a.yaml': serviceYaml('web', 'None'), 'b.yaml': serviceYaml('web') });
    expect(source.view.look(WEB).service).toBeUndefined();
  });
});

describe('a slice whose Service is in no file', () => {
  test('is reported until the Service arrives', async () => {
    const { write, problems } = await watched({ 'slice.yaml': sliceYaml('web-1', 'web') });
    expect(problems()).toEqual([
      'EndpointSlice default/web-1 (slice.yaml line 1): belongs to the Service default/web, but no file has that Service. ' +
        'Add the Service, or correct the label kubernetes.io/service-name or the namespace.',
    ]);
    await write({ 'web.yaml': serviceYaml('web') });
    expect(problems()).toEqual([]);
  });

  test('is reported when the Service goes, and no more when the slice goes too', async () => {
    const { folder, look, problems } = await watched({
      'slice.yaml': sliceYaml('web-1', 'web'),
      'web.yaml': serviceYaml('web'),
    });
    await unlink(join(folder, 'web.yaml'));
    await look();
    expect(problems()).toHaveLength(1);
    await unlink(join(folder, 'slice.yaml'));
    await look();
    expect(problems()).toEqual([]);
  });

  test('is no problem of a Service that is left alone', async () => {
    const { source } = await watched({
      'web.yaml': serviceYaml('web', 'None'),
      'slice.yaml': sliceYaml('web-1', 'web'),
    });
    expect(source.problems).toEqual([]);
  });

  test('is one problem for all slices of the Service', async () => {
    const { problems } = await watched({
      'slices.yaml': documents(sliceYaml('a', 'web'), sliceYaml('b', 'web'), sliceYaml('c', 'web')),
    });
    expect(problems()).toHaveLength(1);
    expect(problems()[0]).toContain('as do 2 more');
  });

  test('is not reported while a file is unread that may hold the Service', async () => {
    const { write, problems } = await watched({
      'slice.yaml': sliceYaml('web-1', 'web'),
      'web.yaml': 'kind: [',
    });
    expect(problems().filter((text) => text.includes('belongs to'))).toEqual([]);
    await write({ 'web.yaml': serviceYaml('mail') });
    expect(problems().filter((text) => text.includes('belongs to'))).toHaveLength(1);
  });
});
