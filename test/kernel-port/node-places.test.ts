import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { NetlinkKernel } from '../../src/kernel/netlink/netlink-kernel.js';
import { applyNodeSetUp } from '../../src/kernel/node/init-node.js';
import type { NodePlaces } from '../../src/kernel/node/node-files.js';
import { nodeSysctls, REQUIRED_SYSCTLS } from '../../src/kernel/node/sysctls.js';
import { PLAIN_RULES } from '../../src/kernel/packet-table/packet-rules-settings.js';
import { addressAnswer, elementAnswer } from '../native/packed-answers.js';
import { addonWith } from '../support/kernel-handle.js';
import { DEFAULT_NODE_SET_UP } from '../support/node-set-up.js';

const TIMEOUTS = { tcp: 900, tcpFin: 120, udp: 300 };
const HASH_SIZE = 'sys/module/nf_conntrack/parameters/hashsize';
const OOM_SCORE = 'proc/self/oom_score_adj';

/** A kernel that takes everything. */
class WillingHandle {
  readonly ipvsInfo = async () => ({});
  readonly ipvsTimeouts = async () => TIMEOUTS;
  readonly ensureDevice = async () => ({ index: 1, created: false });
  readonly nftGeneration = async () => 1;
  readonly dumpAddresses = async () => addressAnswer([]);
  readonly dumpSet = async () => elementAnswer([]);
  readonly spellSets = async (layouts: Uint8Array) => ({ texts: [], count: layouts.length });
  readonly spellAddresses = async () => [];
  readonly dumpRawRules = async () => new ArrayBuffer(0);
  readonly sendNft = async () => ({ errno: 0, message: -1, extAck: '' });
  readonly close = () => undefined;
}

const ADDON = addonWith(WillingHandle);

/** Folders of a node in which every one of these files says 0. */
async function nodeWith(files: readonly string[]) {
  const root = await mkdtemp(join(tmpdir(), 'node-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  for (const file of files) {
    await mkdir(dirname(join(root, file)), { recursive: true });
    await writeFile(join(root, file), '0\n');
  }
  const places: NodePlaces = { proc: join(root, 'proc'), sys: join(root, 'sys') };
  return { places, texts: () => Promise.all(files.map((file) => readFile(join(root, file), 'utf8'))) };
}

it('a kernel is prepared in the folders that were named with its addon', async () => {
  const node = await nodeWith(REQUIRED_SYSCTLS.map(({ path }) => `proc/sys/${path}`));
  const { done, warnings } = await new NetlinkKernel(ADDON, PLAIN_RULES, node.places).prepare();
  expect(await node.texts()).toEqual(REQUIRED_SYSCTLS.map(({ value }) => value));
  expect(done).toContain('set net.ipv4.ip_forward=1');
  expect(warnings).toEqual([]);
});

it('what somebody changed on the node beyond the kernel is set again with it, reported, and counts as a sysctl', async () => {
  const node = await nodeWith(REQUIRED_SYSCTLS.map(({ path }) => `proc/sys/${path}`));
  const kernel = new NetlinkKernel(ADDON, PLAIN_RULES, node.places);
  await kernel.prepare();
  kernel.keepNode(async () => ({ done: ['set net.netfilter.nf_conntrack_max=131072'] }));
  const { made = [], done } = await kernel.prepare();
  expect(done).toContain('set net.netfilter.nf_conntrack_max=131072');
  expect(made.filter((part) => part === 'sysctl')).toHaveLength(1);
});

it('a node is set up in the folders that were named with the addon', async () => {
  const settings = { ...DEFAULT_NODE_SET_UP, oomScoreAdj: -999 };
  const sysctls = nodeSysctls(settings, { release: '6.1.0', processors: 1 });
  const files = [...sysctls.map(({ path }) => `proc/sys/${path}`), HASH_SIZE, OOM_SCORE];
  const node = await nodeWith(files);
  const { warnings } = await applyNodeSetUp(ADDON, settings, node.places);
  expect(warnings).toEqual([]);
  expect(await node.texts()).not.toContain('0\n');
});

it('where those folders are missing, nothing of the machine is written in their place', async () => {
  const node = await nodeWith([]);
  const { done, warnings } = await new NetlinkKernel(ADDON, PLAIN_RULES, node.places).prepare();
  expect(done.filter((text) => text.startsWith('set '))).toEqual([]);
  expect(warnings).toHaveLength(REQUIRED_SYSCTLS.length);
});
