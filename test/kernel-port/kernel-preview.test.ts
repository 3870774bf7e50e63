import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { previewKernel } from '../../src/kernel/node/feature-probe.js';
import { SCHEDULERS } from '../../src/model/scheduler.js';

async function previewOf(files: Readonly<Record<string, string>>) {
  const root = await mkdtemp(join(tmpdir(), 'preview-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), text);
  }
  return previewKernel({ proc: join(root, 'proc'), modules: join(root, 'modules') });
}

const schedulersOf = async (files: Readonly<Record<string, string>>) =>
  (await previewOf(files)).ipvs.schedulers;

describe('what a kernel can do, by reading alone', () => {
  it('are the schedulers that are loaded, built in, or to be loaded', async () => {
    const files = {
      'proc/modules': 'ip_vs_lc 16384 0 - Live 0x0000000000000000\nip_vs 258048 2 ip_vs_lc, Live 0x0\n',
      'modules/modules.builtin': 'kernel/net/netfilter/ipvs/ip_vs_rr.ko\nkernel/fs/ext4/ext4.ko\n',
      'modules/modules.dep':
        'kernel/net/netfilter/ipvs/ip_vs_sh.ko.xz: kernel/net/netfilter/ipvs/ip_vs.ko.xz kernel/lib/ip_vs_mh.ko.xz\n',
    };
    expect(await schedulersOf(files)).toEqual(['rr', 'lc', 'sh']);
  });

  it('are all of them where the modules on disk cannot be seen, as in most containers', async () => {
    expect(await schedulersOf({ 'proc/modules': 'ip_vs_rr 16384 0 - Live 0x0\n' })).toEqual([...SCHEDULERS]);
  });

  it.each([
    ['0', 'not forwarding'],
    ['1', 'off'],
  ])('is IPv6 as far as it is switched on (disable_ipv6 %s)', async (disabled, state) => {
    const { ipv6 } = await previewOf({ 'proc/sys/net/ipv6/conf/all/disable_ipv6': disabled });
    expect(ipv6).toBe(state);
  });

  it('is no IPv6 where the kernel was started without', async () => {
    expect((await previewOf({})).ipv6).toBe('off');
  });
});
