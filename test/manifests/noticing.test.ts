import { mkdir, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { serviceKey } from '../../src/model/service-key.js';
import { serviceYaml, temporaryFolder, watched, writeFiles } from './folder.js';

const WEB = serviceKey('default', 'web');

describe('changes are noticed', () => {
  const soon = { settleTime: 5 };

  test('by inotify when a file is replaced by rename', async () => {
    const { folder, recorder, source } = await watched({ 'web.yaml': serviceYaml('web') }, soon);
    await writeFiles(folder, { 'web.yaml': serviceYaml('web', '10.96.0.99') });
    await recorder.until(() => source.view.look(WEB).service?.clusterIPs[0] === '10.96.0.99');
  });

  test('by inotify when the ..data link of a mounted ConfigMap is swapped', async () => {
    const folder = await temporaryFolder();
    await mountConfigMap(folder, '..1', serviceYaml('web'));
    await symlink('..data/web.yaml', join(folder, 'web.yaml'));
    const { recorder, source } = await watched({}, { folder, ...soon });
    await mountConfigMap(folder, '..2', serviceYaml('web', '10.96.0.99'));
    await recorder.until(() => source.view.look(WEB).service?.clusterIPs[0] === '10.96.0.99');
  });

  test('by the regular look where inotify sees nothing: behind a link that leads out of the folder', async () => {
    const elsewhere = await temporaryFolder();
    await writeFiles(elsewhere, { 'web.yaml': serviceYaml('web') });
    const folder = await temporaryFolder();
    await symlink(join(elsewhere, 'web.yaml'), join(folder, 'web.yaml'));
    const { recorder, source } = await watched({}, { folder, rescanInterval: 10 });
    await writeFiles(elsewhere, { 'web.yaml': serviceYaml('web', '10.96.0.99') });
    await recorder.until(() => source.view.look(WEB).service?.clusterIPs[0] === '10.96.0.99');
  });

  test('by the regular look in a folder that never rests', async () => {
    const { folder, recorder, source } = await watched({}, { rescanInterval: 10 });
    await writeFiles(folder, { 'web.yaml': serviceYaml('web') });
    await recorder.until(() => source.view.serviceCount === 1);
  });

  test('by inotify in a folder that was removed and made again', async () => {
    const { folder, recorder, source } = await watched({}, soon);
    await rm(folder, { recursive: true });
    await recorder.until(() => source.problems.length > 0);
    await mkdir(folder);
    await source.rescan();
    await writeFiles(folder, { 'web.yaml': serviceYaml('web') });
    await recorder.until(() => source.view.serviceCount === 1);
  });
});

/** As the kubelet does it: a new folder, then `..data` moved over the old link. */
async function mountConfigMap(folder: string, version: string, text: string): Promise<void> {
  await mkdir(join(folder, version));
  await writeFiles(join(folder, version), { 'web.yaml': text });
  await symlink(version, join(folder, '..data_tmp'));
  await rename(join(folder, '..data_tmp'), join(folder, '..data'));
}
