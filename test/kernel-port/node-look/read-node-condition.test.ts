import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readNodeCondition } from '../../../src/kernel/node-look/read-node-condition.js';

/** A node of files; the addon is never to be loaded unless a test says so. */
async function conditionOf(files: Readonly<Record<string, string>>, agentRuns = false) {
  const root = await mkdtemp(join(tmpdir(), 'condition-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  await mkdir(join(root, 'sys/class/net'), { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), text);
  }
  let asked = 0;
  const condition = await readNodeCondition({
    loadAddon: () => {
      asked++;
      throw new Error('netlink was used');
    },
    agentRuns,
    places: { proc: join(root, 'proc'), sys: join(root, 'sys'), modules: join(root, 'modules') },
  });
  return { ...condition, asked };
}

function device(name: string, fields: Readonly<Record<string, string>>): Record<string, string> {
  const all = { flags: '0x1003', mtu: '1500', type: '1', uevent: '', ifindex: '2', iflink: '2', ...fields };
  return Object.fromEntries(
    Object.entries(all).map(([file, text]) => [`sys/class/net/${name}/${file}`, `${text}\n`]),
  );
}

const DISK = {
  'modules/modules.builtin': 'kernel/net/dummy.ko\n',
  'modules/modules.dep': 'kernel/nf_tables.ko.xz: a\n',
};

describe('the condition of a node', () => {
  it('asks nothing over netlink where nftables is not loaded, since that would load it', async () => {
    const { rules, asked, unread } = await conditionOf(DISK);
    expect({ rules, asked, unread }).toMatchObject({ rules: { tables: [] }, asked: 0, unread: {} });
  });

  it('asks nothing either where that cannot be seen, and says so', async () => {
    const { rules, asked, unread } = await conditionOf({});
    expect({ tables: rules.tables, asked }).toEqual({ tables: undefined, asked: 0 });
    expect(unread.rules).toContain('asking would load it');
  });

  it.each([
    ['nftables is loaded', { 'proc/modules': 'nf_tables 1 0 - Live 0x0\n' }, false],
    ['an agent answers', {}, true],
    ['our device is there', device('kube-ipvs0', {}), false],
  ])('asks where %s', async (_, files, agentRuns) => {
    const { asked, unread } = await conditionOf(files, agentRuns);
    expect({ asked, rules: unread.rules }).toEqual({ asked: 1, rules: 'netlink was used' });
  });

  it('knows a module as loaded, built in, loadable or missing', async () => {
    const { modules } = await conditionOf({ ...DISK, 'proc/modules': 'nft_ct 1 0 - Live 0x0\n' });
    const stateOf = (name: string) => modules.find((module) => module.name === name)?.state;
    expect(['nft_ct', 'dummy', 'nf_tables', 'ip_vs'].map(stateOf)).toEqual([
      'loaded',
      'built in',
      'loadable',
      'missing',
    ]);
  });

  it('takes for built in what is in use and in no list', async () => {
    const { modules } = await conditionOf({
      'proc/net/ip_vs': 'IP Virtual Server version 1.2.1 (size=4096)\n',
    });
    expect(modules.filter(({ state }) => state === 'built in').map(({ name }) => name)).toEqual(['ip_vs']);
  });

  it.each([
    ['0000000000001000', true],
    ['000001ffffffefff', false],
  ])('reads CAP_NET_ADMIN out of %s', async (mask, hasNetAdmin) => {
    const status = `Name:\tnode\nCapPrm:\t0\nCapEff:\t${mask}\n`;
    expect((await conditionOf({ 'proc/self/status': status })).hasNetAdmin).toBe(hasNetAdmin);
  });

  it('counts the connections of IPVS for its buckets', async () => {
    const table = [
      'IP Virtual Server version 1.2.1 (size=4096)',
      'Prot LocalAddress:Port Scheduler Flags',
      '  -> RemoteAddress:Port Forward Weight ActiveConn InActConn',
      'TCP  0A600001:0050 rr  ',
      '  -> 0AF40005:2490      Masq    1      12         30        ',
      '  -> [fd00:0244:0000:0000:0000:0000:0000:0005]:2490      Masq    1      1          0         ',
    ];
    expect((await conditionOf({ 'proc/net/ip_vs': `${table.join('\n')}\n` })).connectionTable).toEqual({
      size: 4096,
      grows: false,
      connections: 43,
    });
  });

  it('lists the tables of legacy iptables of both families', async () => {
    const files = { 'proc/net/ip_tables_names': 'nat\nfilter\n', 'proc/net/ip6_tables_names': 'filter\n' };
    expect((await conditionOf(files)).legacyTables).toEqual(['ip nat', 'ip filter', 'ip6 filter']);
  });

  it('finds the uplink, the tunnels above it and the bridge of the pods, where they are up', async () => {
    const route =
      'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\neth0\t00000000\t0102A8C0\t0003\t0\t0\t0\t00000000\n';
    const { links } = await conditionOf({
      'proc/net/route': route,
      ...device('eth0', {}),
      ...device('eth1', { ifindex: '3', mtu: '9000' }),
      ...device('flannel.1', {
        uevent: 'DEVTYPE=vxlan\nINTERFACE=flannel.1',
        ifindex: '4',
        iflink: '3',
        mtu: '8950',
      }),
      ...device('tunl0', { type: '768', ifindex: '5', iflink: '0', mtu: '1480' }),
      ...device('wg0', { uevent: 'DEVTYPE=wireguard', ifindex: '6', flags: '0x90' }),
      ...device('cni0', { uevent: 'DEVTYPE=bridge', ifindex: '7', mtu: '1450' }),
      ...device('docker0', { uevent: 'DEVTYPE=bridge', ifindex: '8' }),
    });
    const found = links.map(({ name, kind, below }) => `${name} ${kind} ${below?.name ?? '-'}`);
    expect(found.sort()).toEqual([
      'cni0 pod bridge -',
      'eth0 uplink -',
      'flannel.1 tunnel eth1',
      'tunl0 tunnel eth0',
    ]);
  });
});
