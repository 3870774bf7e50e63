import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ipBatch, Namespace } from '../../lab/namespace.js';
import { loadAddon } from '../../src/kernel/native/addon.js';
import { DEVICE, NetlinkKernel } from '../../src/kernel/netlink/netlink-kernel.js';
import { PLAIN_RULES } from '../../src/kernel/packet-table/packet-rules-settings.js';
import { TABLE } from '../../src/kernel/packet-table/packet-table.js';
import type { Operation } from '../../src/model/operation.js';
import { VIP_BINDINGS } from '../../src/model/vip-binding.js';
import { IN_TEST_KERNEL } from '../native/fresh-namespace.js';
import { address, VIP_A, VIP_A6, VIP_B } from '../support/addresses.js';
import { skipWithWords } from './support/kernel-meta.js';

const NODE = address('192.0.2.1');
const NODE_6 = address('2001:db8::1');
const WIRE = 'strict-arp';

const STRICT = { ...PLAIN_RULES, strictArp: true };

const run = promisify(execFile);
const ip = (...words: readonly string[]) => run('ip', words);
const outside = new Namespace('outside');

const vipWrites = (...kinds: readonly ('guard-vip' | 'bind-vip' | 'release-vip')[]) =>
  [VIP_A, VIP_A6].flatMap((vip) => kinds.map((kind): Operation => ({ kind, address: vip })));

/** Whether a machine on the same wire learns from us who has the address. */
async function isAnswered(wanted: string): Promise<boolean> {
  await outside.ip(['neigh flush dev eth0']);
  // On a socket for standard input, as Node gives it, bash would read ~/.bashrc: emulated, that can take half a minute.
  await outside.try(['bash', '--norc', '-c', `echo > /dev/udp/${wanted}/9`]);
  for (let attempt = 0; attempt < 50; attempt++) {
    const neighbour = await outside.run(['ip', 'neigh', 'show', wanted]);
    if (neighbour.includes('lladdr')) return true;
    if (neighbour.includes('FAILED')) return false;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
}

/** Some kernels are built without nftables for ARP. */
const HAS_ARP_TABLES =
  IN_TEST_KERNEL && spawnSync('nft', ['add table arp probe; delete table arp probe']).status === 0;

describe.skipIf(!IN_TEST_KERNEL).each(VIP_BINDINGS)('strict ARP with VIPs as %s', (vipBinding) => {
  let kernel: NetlinkKernel;

  beforeEach(async () => {
    await ipBatch([
      'link set lo up',
      'netns add outside',
      `link add ${WIRE} type veth peer name eth0 netns outside`,
      `address add ${NODE}/24 dev ${WIRE}`,
      `address add ${NODE_6}/64 dev ${WIRE} nodad`,
      `link set ${WIRE} up`,
    ]);
    await outside.ip([
      'address add 192.0.2.2/24 dev eth0',
      'address add 2001:db8::2/64 dev eth0 nodad',
      'link set eth0 up',
      ...[VIP_A, VIP_B, VIP_A6].map((vip) => `route add ${vip} dev eth0`),
    ]);
  });

  afterEach(async () => {
    await kernel.close();
    await ip('netns', 'del', 'outside');
    await ip('link', 'del', WIRE).catch(() => undefined);
    await ip('link', 'del', DEVICE).catch(() => undefined);
    for (const family of ['-4', '-6'])
      await ip(family, 'route', 'flush', 'table', 'local', 'proto', '105').catch(() => undefined);
    for (const family of ['inet', 'arp'])
      await run('nft', ['delete', 'table', family, TABLE]).catch(() => undefined);
  });

  async function prepared(strictArp: boolean): Promise<void> {
    kernel = new NetlinkKernel(loadAddon(), { ...PLAIN_RULES, vipBinding, strictArp });
    expect((await kernel.prepare()).warnings.filter((text) => text.includes('ARP'))).toEqual([]);
    const { outcomes } = await kernel.perform(vipWrites('guard-vip', 'bind-vip'));
    expect(outcomes.map(({ kind }) => kind)).toEqual(['done', 'done', 'done', 'done']);
  }

  it('off, the node answers for VIPs of IPv4 on every interface, and for those of IPv6 on none', async () => {
    await prepared(false);
    expect(await isAnswered(VIP_A)).toBe(true);
    expect(await isAnswered(VIP_A6)).toBe(false);
  });

  it.skipIf(!HAS_ARP_TABLES)(
    'on, it answers for none of them, and for its own addresses as ever',
    async () => {
      await prepared(true);
      expect(await isAnswered(VIP_A)).toBe(false);
      expect(await isAnswered(VIP_A6)).toBe(false);
      expect(await isAnswered(NODE)).toBe(true);
      expect(await isAnswered(NODE_6)).toBe(true);
    },
  );

  it.skipIf(!HAS_ARP_TABLES)(
    'is switched on and off for VIPs that are there, and lets go of those that are released',
    async () => {
      await prepared(false);
      expect(kernel.setRules({ ...STRICT, vipBinding })).toBe(true);
      expect((await kernel.prepare()).made).toEqual(['table']);
      expect((await kernel.prepare()).made).toEqual([]);
      expect(await isAnswered(VIP_A)).toBe(false);
      await kernel.perform(vipWrites('release-vip'));
      expect(await isAnswered(VIP_A)).toBe(true);
      await kernel.perform(vipWrites('guard-vip'));
      kernel.setRules({ ...PLAIN_RULES, vipBinding });
      await kernel.prepare();
      expect(await isAnswered(VIP_A)).toBe(true);
    },
  );

  it.skipIf(!HAS_ARP_TABLES)('is put right where somebody removes its table', async () => {
    await prepared(true);
    await run('nft', ['delete', 'table', 'arp', TABLE]);
    expect(await isAnswered(VIP_A)).toBe(true);
    expect((await kernel.prepare()).made).toEqual(['table']);
    expect(await isAnswered(VIP_A)).toBe(false);
  });

  it('that the kernel cannot do is a warning, and all else is set up', async ({ task, skip }) => {
    if (HAS_ARP_TABLES) skipWithWords(task, skip, 'this kernel has the nftables family arp');
    kernel = new NetlinkKernel(loadAddon(), { ...STRICT, vipBinding });
    const { made, warnings } = await kernel.prepare();
    expect(made).toContain('table');
    expect(warnings.filter((text) => text.includes('CONFIG_NF_TABLES_ARP'))).toHaveLength(1);
    expect(await kernel.preview()).toEqual([]);
  });
});
