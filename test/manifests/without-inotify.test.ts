import { expect, test } from 'vitest';
import { serviceKey } from '../../src/model/service-key.js';
import { serviceYaml, watched, writeFiles } from './folder.js';

// The limit belongs to the whole machine: the only way to reach it in a test is to say so.
const watchFolder = (): never => {
  throw Object.assign(new Error('System limit for number of file watchers reached'), { code: 'ENOSPC' });
};

test('where inotify is at its limit this is reported, and the regular look notices changes', async () => {
  const { folder, source, recorder, problems } = await watched({}, { rescanInterval: 10, watchFolder });
  expect(problems()[0]).toContain('cannot be watched (ENOSPC); changes are noticed after up to 0.01 s.');
  await writeFiles(folder, { 'web.yaml': serviceYaml('web') });
  await recorder.until(() => source.view.look(serviceKey('default', 'web')).service !== undefined);
});
