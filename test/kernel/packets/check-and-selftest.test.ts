import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PROGRAM } from '../../../lab/agent.js';
import { waitUntil } from '../../../lab/wait-until.js';
import { WITH_OWN_SYS } from '../why/why-command.js';
import { Cluster } from './support/cluster.js';
import { dualStack } from './support/dual-stack.js';
import { IN_TEST_KERNEL } from './support/kernel-test.js';
import { vip } from './support/vips.js';

const WEB = vip(1);
const ADDRESS = '192.0.2.253';
const DEVICE = 'kube-ipvs-test';

interface Report {
  readonly verdict: string;
  readonly checks: readonly { readonly name: string; readonly verdict: string; readonly code?: string }[];
}

describe.skipIf(!IN_TEST_KERNEL)('the commands about the node', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await Cluster.create();
    await cluster.folder.put('web', dualStack({ name: 'web', vip: WEB, pods: cluster.lab.pods }));
  });

  afterAll(() => cluster?.close());

  const node = () => cluster.lab.node.namespace;
  const selftest = (...words: string[]) => node().try([process.execPath, PROGRAM, 'selftest', ...words]);

  /** Everything but what is fine, as `name verdict code`. */
  async function checked(): Promise<{ code: number | null; verdict: string; open: string[] }> {
    const words = ['check', '-o', 'json', '--admin-socket', cluster.adminSocket];
    const { code, stdout } = await node().try([...WITH_OWN_SYS, process.execPath, PROGRAM, ...words]);
    const { verdict, checks } = JSON.parse(stdout) as Report;
    const open = checks.flatMap((check) =>
      check.verdict === 'fine' ? [] : [`${check.name} ${check.verdict} ${check.code}`],
    );
    return { code, verdict, open };
  }

  const problems = async () => (await checked()).open.filter((line) => line.includes(' problem '));

  /** What a self-test has in the kernel. */
  async function traces(): Promise<string[]> {
    const servers = await node().run(['ipvsadm', '-S', '-n']);
    const links = await node().run(['ip', '-o', 'link']);
    return [...servers.split('\n').filter((line) => line.includes(ADDRESS)), ...(links.match(DEVICE) ?? [])];
  }

  const nft = (...words: string[]) => node().run(['nft', ...words]);

  /** A self-test that waits for an answer that somebody drops. */
  async function heldUp(): Promise<{ child: ChildProcess; ended: Promise<unknown[]> }> {
    await nft('add', 'table', 'ip', 'in-the-way');
    await nft('add', 'chain', 'ip', 'in-the-way', 'out', '{ type filter hook output priority -400; }');
    await nft('add', 'rule', 'ip', 'in-the-way', 'out', 'ip', 'daddr', ADDRESS, 'drop');
    const [command = '', ...rest] = node().inside([process.execPath, PROGRAM, 'selftest']);
    const seen = async () => {
      const child = spawn(command, rest, { stdio: 'ignore' });
      const ended = once(child, 'exit');
      while (child.exitCode === null) if ((await traces()).length === 3) return { child, ended };
      // It waits three seconds for its answer, in which a slow machine may not have looked.
      return false;
    };
    return waitUntil(seen, { what: 'the self-test to have its server' });
  }

  async function killed(): Promise<void> {
    const { child, ended } = await heldUp();
    child.kill('SIGKILL');
    await ended;
    await nft('delete', 'table', 'ip', 'in-the-way');
    expect(await traces()).toHaveLength(3);
  }

  afterEach(async () => {
    await node().try(['nft', 'delete', 'table', 'ip', 'in-the-way']);
  });

  describe('without an agent', () => {
    it('have nothing against a node on which there is none yet', async () => {
      const { code, open } = await checked();
      expect(open.filter((line) => line.includes(' problem '))).toEqual([]);
      expect(open).toContain('agent remark KIP601');
      expect(code).toBe(0);
    });

    it('serve a Service of their own, and leave nothing', async () => {
      const { code, stdout } = await selftest();
      expect(stdout).toMatch(/^IPVS works on this node: 192\.0\.2\.253:80\/TCP answered in [\d.]+ ms\.$/m);
      expect(code).toBe(0);
      expect(await traces()).toEqual([]);
    });

    it('do so over IPv6 too', async () => {
      expect(await selftest('--address', '2001:db8:ffff::1')).toMatchObject({ code: 0, stderr: '' });
    });

    it('remove everything when they are interrupted, and say that nothing is known', async () => {
      const { child, ended } = await heldUp();
      child.kill('SIGINT');
      expect(await ended).toEqual([1, null]);
      expect(await traces()).toEqual([]);
    });

    it('fail where nobody answers, and leave nothing', async () => {
      const { ended } = await heldUp();
      expect(await ended).toEqual([1, null]);
      expect(await traces()).toEqual([]);
    });

    it('try nothing at an address that somebody has', async () => {
      const { code, stdout } = await selftest('--address', cluster.lab.node.addresses.IPv4);
      expect(stdout).toMatch(/^Not tried: \S+ is used by the device /);
      expect(code).toBe(1);
    });

    it('remove what one left that was killed: the next one', async () => {
      await killed();
      expect((await selftest()).stdout).toContain('left by one that was killed');
      expect(await traces()).toEqual([]);
    });

    it('remove what one left that was killed: cleanup', async () => {
      await killed();
      expect((await cluster.command('cleanup')).stdout).toContain(`removed the device ${DEVICE}`);
      expect(await traces()).toEqual([]);
    });
  });

  describe('beside an agent', () => {
    beforeAll(() => cluster.startAgent());

    it('find nothing wrong with a node that it serves', async () => {
      const { code, verdict, open } = await checked();
      expect(open.filter((line) => /problem|^(?:agent|sysctls|modules|other rules) /.test(line))).toEqual([]);
      expect({ code, verdict }).toEqual({ code: 0, verdict: 'passes' });
    });

    it('name a sysctl that is off', async () => {
      // The agent puts it right within seconds, sooner than a command on a slow machine has read it: it is switched off
      // again and again.
      const [command = '', ...words] = node().inside([
        'sh',
        '-c',
        'while sysctl -q -w net.ipv4.ip_forward=0; do sleep 0.2; done',
      ]);
      const switchedOff = spawn(command, words, { stdio: 'ignore' });
      const ended = once(switchedOff, 'exit');
      try {
        const problem = 'sysctls problem KIP307';
        await waitUntil(async () => (await problems()).includes(problem), { what: problem, seconds: 60 });
      } finally {
        switchedOff.kill();
        await ended;
      }
    });

    it('name a firewall that drops what goes to its Service', async () => {
      await nft('add', 'table', 'ip', 'in-the-way');
      await nft(
        'add',
        'chain',
        'ip',
        'in-the-way',
        'in',
        '{ type filter hook input priority 0; policy drop; }',
      );
      expect(await problems()).toContain('other rules problem KIP401');
    });

    it('test beside it, and it neither adopts nor reports what they make', async () => {
      // The audit has put right what the tests before changed.
      await waitUntil(async () => (await problems()).length === 0, { what: 'a sound node', seconds: 60 });
      const before = await cluster.agent.status();
      const { ended } = await heldUp();
      const { virtualServers, counts } = (await cluster.agent.status()) ?? {};
      expect(virtualServers?.filter(({ address }) => address === ADDRESS)).toEqual([]);
      expect(counts?.foreign).toBe(0);
      expect(await cluster.command('diff')).toMatchObject({ code: 0 });
      await ended;
      await nft('delete', 'table', 'ip', 'in-the-way');
      expect(await selftest()).toMatchObject({ code: 0 });
      const after = await cluster.agent.status();
      expect(after?.agent?.totals).toMatchObject({
        drift: before?.agent?.totals.drift,
        operations: before?.agent?.totals.operations,
      });
      expect(await traces()).toEqual([]);
    });

    it('test a node whose agent started while one was there that was killed', async () => {
      await cluster.agent.stop();
      await killed();
      await cluster.startAgent();
      const { counts, agent } = (await cluster.agent.status()) ?? {};
      expect({ foreign: counts?.foreign, problems: agent?.problems }).toEqual({ foreign: 0, problems: [] });
      expect(await traces()).toHaveLength(3);
      expect(await selftest()).toMatchObject({ code: 0 });
      expect(await traces()).toEqual([]);
    });

    it('leave its Service answering', async () => {
      const target = { address: WEB.IPv4, port: 80, protocol: 'TCP' } as const;
      expect((await cluster.lab.outside.ask(target)).kind).toBe('answered');
    });
  });
});
