import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Namespace } from '../../lab/namespace.js';
import { probeKernel } from '../../src/kernel/node/feature-probe.js';
import { featureText, NFT_FEATURES } from '../../src/kernel/node/kernel-features.js';
import { FreshNamespace, IN_TEST_KERNEL } from '../native/fresh-namespace.js';
import { DEFAULT_NODE_SET_UP } from '../support/node-set-up.js';
import { IN_FULL_KERNEL } from './packets/support/kernel-test.js';
import { initNodeIn } from './support/init-node-in.js';
import { tellKernel } from './support/kernel-meta.js';

describe.skipIf(!IN_TEST_KERNEL)('a look at what the kernel can do', () => {
  let space: FreshNamespace;

  beforeEach(() => {
    space = new FreshNamespace();
  });
  afterEach(() => {
    space[Symbol.dispose]();
  });

  it('finds the schedulers, both families and every part of nftables', async ({ task }) => {
    const features = await probeKernel(space.handle);
    tellKernel(task, featureText(features));
    expect(features.ipvs.schedulers).toEqual(
      expect.arrayContaining(['rr', 'wrr', 'lc', 'wlc', 'sh', 'dh', 'mh', 'sed', 'nq']),
    );
    expect(features.ipvs.families).toEqual(['IPv4', 'IPv6']);
    const { connectionTableSize, growingTables } = features.ipvs;
    expect(connectionTableSize).toBeGreaterThan(growingTables ? -1 : 0);
    const all = Object.fromEntries(NFT_FEATURES.map((name) => [name, 'yes']));
    // The small kernel is built without the family arp, and the look has to find that out.
    expect(features.nftables).toEqual(IN_FULL_KERNEL ? all : { ...all, arp: 'no' });
    expect(features.conntrackEvents).toBe('yes');
    expect(featureText(features)).toMatch(/^Linux \d.*nftables (complete|without arp); IPv6/);
  });

  it('leaves nothing behind and disturbs no virtual server of another program', async () => {
    space.run('ipvsadm', '-A', '-t', '192.0.2.1:80', '-s', 'wlc');
    space.run('ipvsadm', '-A', '-f', '7', '-s', 'sh');
    const before = space.run('ipvsadm', '-S', '-n');
    await probeKernel(space.handle);
    expect(space.run('ipvsadm', '-S', '-n')).toBe(before);
    expect(space.run('nft', 'list', 'tables').trim()).toBe('');
  });

  it('takes up what a look that was killed half-way left', async () => {
    space.run('ipvsadm', '-A', '-f', String(0x6b697670), '-s', 'rr');
    const { ipvs } = await probeKernel(space.handle);
    expect(ipvs.schedulers).toContain('rr');
    expect(space.run('ipvsadm', '-S', '-n').trim()).toBe('');
  });

  it('tries no scheduler where another program has a virtual server at the mark of the trial', async () => {
    const mark = String(0x6b697670);
    space.run('ipvsadm', '-A', '-f', mark, '-s', 'rr');
    space.run('ipvsadm', '-a', '-f', mark, '-r', '192.0.2.7', '-m');
    expect((await probeKernel(space.handle)).ipvs.schedulers).toBeUndefined();
    expect(space.run('ipvsadm', '-S', '-n')).toContain('192.0.2.7');
  });
});

describe.skipIf(!IN_TEST_KERNEL)('setting up a node', () => {
  it('sets what is asked for, and the second time nothing', async () => {
    using space = new FreshNamespace();
    const namespace = new Namespace(space.name);
    const settings = {
      strictArp: true,
      oomScoreAdj: -500,
      ipvs: { ...DEFAULT_NODE_SET_UP.ipvs, timeouts: { tcp: 7200, tcpFin: 0, udp: 60 } },
    };
    const first = await initNodeIn(namespace, settings);
    expect(first.lacking).toEqual([]);
    expect(first.done).toEqual(
      expect.arrayContaining([
        'set net.ipv4.vs.conntrack=1',
        'set net.ipv4.conf.all.arp_announce=2',
        'set net.netfilter.nf_conntrack_tcp_timeout_established=86400',
        'set IPVS timeouts: tcp 7200 s instead of 900 s, udp 60 s instead of 300 s',
        'set oom_score_adj of this process to -500',
      ]),
    );
    expect(space.run('ipvsadm', '-L', '--timeout')).toContain('7200 120 60');
    expect(space.run('cat', '/proc/sys/net/ipv4/vs/conn_reuse_mode').trim()).toBe('1');

    const second = await initNodeIn(namespace, settings);
    expect(second.done).toEqual(['set oom_score_adj of this process to -500']);
    expect(second.lacking).toEqual([]);
  });
});
