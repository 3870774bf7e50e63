import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ConfigWatch, type SettingsChange } from '../../src/config/config-watch.js';
import { type Configuration, readConfiguration } from '../../src/config/configuration.js';
import type { Problem } from '../../src/model/problem.js';
import { PROXY } from './read.js';

const NEVER = 1_000_000_000;
const undo: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'config-watch-'));
  undo.push(() => rm(path, { recursive: true }));
  return path;
}

async function watched(file: string, timing = { settle: NEVER, rescan: NEVER }) {
  const changed = vi.fn<(next: Configuration, change: SettingsChange) => void>();
  const problems = vi.fn<(problems: readonly Problem[]) => void>();
  const watch = new ConfigWatch(await readConfiguration({ file, flags: [] }), { changed, problems }, timing);
  undo.push(() => watch.stop());
  await watch.start();
  return { watch, changed, problems };
}

async function written(text = PROXY): Promise<string> {
  const file = join(await folder(), 'config.conf');
  await writeFile(file, text);
  return file;
}

/** As the kubelet does it: a new folder, then `..data` moved over the old link. */
async function mount(path: string, version: string, text: string): Promise<void> {
  await mkdir(join(path, version));
  await writeFile(join(path, version, 'config.conf'), text);
  await symlink(version, join(path, '..data_tmp'));
  await rename(join(path, '..data_tmp'), join(path, '..data'));
}

describe('a changed configuration file', () => {
  it('is reported with what can be applied live and what needs a restart', async () => {
    const file = await written();
    const { watch, changed } = await watched(file);
    await writeFile(file, `${PROXY}oomScoreAdj: 0\nipvs: {scheduler: lc}\n`);
    await watch.look();
    expect(changed).toHaveBeenCalledOnce();
    expect(changed.mock.calls[0]?.[1]).toMatchObject({
      live: { nodeSetUp: { oomScoreAdj: 0 } },
      restart: ['scheduler'],
      unchanged: false,
    });
  });

  it('is compared with what the agent now runs with, not with the first file', async () => {
    const file = await written();
    const { watch, changed } = await watched(file);
    await writeFile(file, `${PROXY}oomScoreAdj: 0\n`);
    await watch.look();
    await writeFile(file, PROXY);
    await watch.look();
    expect(changed.mock.calls.map(([, { live }]) => live)).toMatchObject([
      { nodeSetUp: { oomScoreAdj: 0 } },
      { nodeSetUp: { oomScoreAdj: -999 } },
    ]);
  });

  it('is not reported where it means the same', async () => {
    const file = await written();
    const { watch, changed, problems } = await watched(file);
    await writeFile(file, `# a comment\n${PROXY}`);
    await watch.look();
    expect([changed.mock.calls, problems.mock.calls]).toEqual([[], []]);
  });

  it('that is broken is a problem, once, and the settings stay; mended it is none', async () => {
    const file = await written();
    const { watch, changed, problems } = await watched(file);
    await writeFile(file, `${PROXY}oomScoreAdj: x\n`);
    await watch.look();
    await watch.look();
    expect(watch.problems).toEqual([expect.objectContaining({ subject: file, field: 'oomScoreAdj' })]);
    await writeFile(file, PROXY);
    await watch.look();
    expect(problems).toHaveBeenCalledTimes(2);
    expect(problems).toHaveBeenLastCalledWith([]);
    expect(changed).not.toHaveBeenCalled();
  });

  it('that is gone for a while is a problem for as long', async () => {
    const file = await written();
    const { watch, changed, problems } = await watched(file);
    await rm(file);
    await watch.look();
    expect(watch.problems[0]?.message).toBe('does not exist (ENOENT).');
    await writeFile(file, PROXY);
    await watch.look();
    expect(watch.problems).toEqual([]);
    expect([changed.mock.calls.length, problems.mock.calls.length]).toEqual([0, 2]);
  });

  it('is noticed by inotify when the ..data link of a mounted ConfigMap is swapped', async () => {
    const path = await folder();
    await mount(path, '..1', PROXY);
    const file = join(path, 'config.conf');
    await symlink('..data/config.conf', file);
    const { changed } = await watched(file, { settle: 5, rescan: NEVER });
    await mount(path, '..2', `${PROXY}oomScoreAdj: 0\n`);
    await expect.poll(() => changed, { interval: 5 }).toHaveBeenCalledOnce();
  });

  it('is noticed by the regular look where inotify sees nothing: behind a link that leads out of the folder', async () => {
    const elsewhere = await written();
    const file = join(await folder(), 'config.conf');
    await symlink(elsewhere, file);
    const { changed } = await watched(file, { settle: NEVER, rescan: 5 });
    await writeFile(elsewhere, `${PROXY}oomScoreAdj: 0\n`);
    await expect.poll(() => changed, { interval: 5 }).toHaveBeenCalledOnce();
  });

  it('is not missed where it changed before the watch began', async () => {
    const file = await written();
    const running = await readConfiguration({ file, flags: [] });
    await writeFile(file, `${PROXY}oomScoreAdj: 0\n`);
    const changed = vi.fn();
    const watch = new ConfigWatch(running, { changed, problems: vi.fn() }, { settle: NEVER, rescan: NEVER });
    undo.push(() => watch.stop());
    await watch.start();
    expect(changed).toHaveBeenCalledOnce();
  });
});

it('after stop nothing is reported', async () => {
  const file = await written();
  const { watch, changed } = await watched(file);
  await writeFile(file, `${PROXY}oomScoreAdj: 0\n`);
  await watch.stop();
  await watch.look();
  expect(changed).not.toHaveBeenCalled();
});
