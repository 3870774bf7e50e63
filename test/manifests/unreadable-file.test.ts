import { execFileSync } from 'node:child_process';
import { chmod, mkdir, symlink, truncate, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { serviceKey } from '../../src/model/service-key.js';
import { serviceYaml, watched } from './folder.js';

const WEB = serviceKey('default', 'web');

describe('a file that cannot be read', () => {
  test('keeps its last good content and says so, until it is mended', async () => {
    const { write, recorder, source, problems } = await watched({ 'web.yaml': serviceYaml('web') });
    recorder.take();
    expect(await write({ 'web.yaml': `${serviceYaml('web', '10.96.0.99')}  ports: [\n` })).toEqual([]);
    expect(source.view.look(WEB).service?.clusterIPs).toEqual(['10.96.0.10']);
    expect(problems()[0]).toMatch(
      /^web\.yaml: cannot be parsed at line \d+, column \d+: .*; its last good content stays in use\./,
    );
    await write({ 'web.yaml': serviceYaml('web') });
    expect(problems()).toEqual([]);
  });

  test('at the start leaves the source incomplete, so that nothing is removed, while the others are used', async () => {
    const { write, recorder, source, problems } = await watched({
      'bad.yaml': 'kind: [',
      'web.yaml': serviceYaml('web'),
    });
    expect([source.complete, recorder.take()]).toEqual([false, [['default/web']]]);
    expect(problems()[0]).toContain('until it is read, no Service is removed from this node');
    expect(await write({ 'bad.yaml': '' })).toEqual([[]]);
    expect(source.complete).toBe(true);
  });

  test('at the start completes the source by its removal', async () => {
    const { folder, look, source } = await watched({ 'bad.yaml': 'kind: [' });
    await unlink(join(folder, 'bad.yaml'));
    await look();
    expect([source.complete, source.problems]).toEqual([true, []]);
  });

  test('does not undo completeness when it comes later', async () => {
    const { write, source, problems } = await watched({});
    await write({ 'bad.yaml': 'kind: [' });
    expect(source.complete).toBe(true);
    expect(problems()[0]).toContain('nothing of it is used');
  });

  test('says where a YAML error is', async () => {
    const { problems } = await watched({ 'web.yaml': 'apiVersion: v1\nkind: Service\n\tmetadata: {}\n' });
    expect(problems()[0]).toContain(
      'cannot be parsed at line 3, column 1: Tabs are not allowed as indentation',
    );
  });

  test('says where a JSON error is', async () => {
    const { problems } = await watched({ 'web.json': '{"kind": "Service",\n "spec": }}' });
    expect(problems()[0]).toMatch(/^web\.json: cannot be parsed at line 2, column \d+/);
  });

  test('keeps its objects while it is a dangling link', async () => {
    const { folder, look, recorder, source, problems } = await watched({ 'web.yaml': serviceYaml('web') });
    recorder.take();
    await unlink(join(folder, 'web.yaml'));
    await symlink('nowhere', join(folder, 'web.yaml'));
    expect(await look()).toEqual([]);
    expect(source.view.serviceCount).toBe(1);
    expect(problems()[0]).toContain('points to nothing');
  });
});

describe('what is no text at all is reported by name, and the other files are used', () => {
  test.each<[string, (path: string) => Promise<unknown>, string]>([
    ['binary junk', (path) => writeFile(path, Buffer.from([0xff, 0xfe, 0x00, 0xd8])), 'is not UTF-8 text'],
    ['zero bytes', (path) => writeFile(path, Buffer.alloc(64)), 'is not UTF-8 text'],
    ['a folder', (path) => mkdir(path), 'is a folder'],
    [
      'a link to itself',
      (path) => symlink('odd.yaml', path),
      'is a symbolic link that leads back to itself (ELOOP)',
    ],
    ['a link to nothing', (path) => symlink('nowhere', path), 'is a symbolic link that points to nothing'],
    ['a named pipe', async (path) => execFileSync('mkfifo', [path]), 'is not a regular file'],
    ['a huge file', hugeFile, 'is 17.0 MiB large, and at most 16 MiB are read'],
  ])('%s', async (_, make, message) => {
    const { folder, look, problems, source } = await watched({ 'web.yaml': serviceYaml('web') });
    await make(join(folder, 'odd.yaml'));
    await look();
    expect(problems()).toHaveLength(1);
    expect(problems()[0]).toMatch(/^odd\.yaml: /);
    expect(problems()[0]).toContain(message);
    expect(source.view.serviceCount).toBe(1);
  });

  test.skipIf(process.getuid?.() === 0)('a file that may not be read, until it may', async () => {
    const { folder, look, problems, write } = await watched({});
    await write({ 'web.yaml': serviceYaml('web') });
    await chmod(join(folder, 'web.yaml'), 0);
    await look();
    expect(problems()[0]).toContain('may not be read by this process (EACCES)');
    await chmod(join(folder, 'web.yaml'), 0o644);
    await look();
    expect(problems()).toEqual([]);
  });

  test('a file with a hostile name has it escaped', async () => {
    const { problems } = await watched({ 'a\u001b[2J\n.yaml': '[' });
    expect(problems()[0]).toMatch(/^"a\\u\{1b\}\[2J\\u\{a\}\.yaml": cannot be parsed/);
  });
});

async function hugeFile(path: string): Promise<void> {
  await writeFile(path, '');
  await truncate(path, 17 * 2 ** 20);
}
