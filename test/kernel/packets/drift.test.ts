import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Host } from '../../../lab/host.js';
import { waitUntil } from '../../../lab/wait-until.js';
import { Cluster } from './support/cluster.js';
import { dualStack } from './support/dual-stack.js';
import { IN_TEST_KERNEL } from './support/kernel-test.js';
import { vip } from './support/vips.js';

const TABLE = 'kube-ipvs-proxy';
const SERVICES = 19;

/** Seconds in which the default finds everything; emulated machines get as much again. */
const LIMIT = 30;

/**
 * What others do to a Service of its own each, or to the node, and by what it is seen. POD is one of the real servers.
 */
const CHANGES: readonly (readonly [string, string, string])[] = [
  ['a deleted virtual server', 'ipvsadm -D -t PLACE', 'servers'],
  ['a deleted real server', 'ipvsadm -d -t PLACE -r POD', 'servers'],
  ['an added real server', 'ipvsadm -a -t PLACE -r 10.244.9.9:80 -m', 'servers'],
  ['a weight', 'ipvsadm -e -t PLACE -r POD -m -w 7', 'servers'],
  ['a scheduler', 'ipvsadm -E -t PLACE -s lc', 'servers'],
  ['a persistence', 'ipvsadm -E -t PLACE -s rr -p 77', 'servers'],
  ['a deleted real server of IPv6', 'ipvsadm -d -t PLACE6 -r POD6', 'servers of IPv6'],
  ['a deleted virtual server of IPv6', 'ipvsadm -D -t PLACE6', 'servers of IPv6'],
  ['the open frontends', `nft flush set inet ${TABLE} open-4`, 'open-4'],
  ['the ledger', `nft flush set inet ${TABLE} owned-tcp-4`, 'owned-tcp-4'],
  ['a guarded VIP', `nft delete element inet ${TABLE} guarded-4 { VIP }`, 'guarded-4'],
  ['the VIPs that ARP is kept from', `nft flush set arp ${TABLE} vips`, 'arp'],
  ['a sysctl of IPVS', 'sysctl -w net.ipv4.vs.conntrack=0', 'net.ipv4.vs.conntrack'],
  ['a sysctl of the node', 'sysctl -w net.ipv4.conf.all.arp_announce=0', 'net.ipv4.conf.all.arp_announce'],
];

function lookAt(place: string): string {
  if (place === 'servers of IPv6') return 'ipvsadm -S -n | grep -F PLACE6 | sort';
  if (place === 'servers') return 'ipvsadm -S -n | grep PLACE | sort';
  if (place === 'arp') return `nft list set arp ${TABLE} vips`;
  if (place.startsWith('net.')) return `sysctl ${place}`;
  return `nft list set inet ${TABLE} ${place} | tr -s ", \\n\\t" "\\n" | sort`;
}

/** Some kernels are built without nftables for ARP. */
const HAS_ARP_TABLES =
  IN_TEST_KERNEL && spawnSync('nft', ['add table arp probe; delete table arp probe']).status === 0;

describe.skipIf(!IN_TEST_KERNEL)('what others change', () => {
  let cluster: Cluster;
  const before = new Map<string, string>();
  const exitCodes = new Map<string, number | null>();
  let changed = 0;

  const tried = (text: string) => cluster.lab.node.namespace.try(['bash', '--norc', '-c', text]);
  const shell = async (text: string) => (await tried(text)).stdout;

  /** Of the change with this index; each has a Service of its own. */
  const inPlace = (text: string, index: number) => {
    const { IPv4, IPv6 } = vip(index + 1);
    const { addresses } = cluster.lab.pods[1] as Host;
    return text
      .replaceAll('PLACE6', `[${IPv6}]:80`)
      .replaceAll('POD6', `[${addresses.IPv6}]:9376`)
      .replaceAll('PLACE', `${IPv4}:80`)
      .replaceAll('POD', `${addresses.IPv4}:9376`)
      .replaceAll('VIP', IPv4);
  };

  beforeAll(async () => {
    cluster = await Cluster.create({ arguments: ['--ipvs-strict-arp'] });
    const { pods } = cluster.lab;
    for (let number = 1; number <= SERVICES; number++)
      await cluster.folder.put(`web-${number}`, dualStack({ name: `web-${number}`, vip: vip(number), pods }));
    await cluster.startAgent();
    for (const [index, [what, , place]] of CHANGES.entries())
      before.set(what, await shell(inPlace(lookAt(place), index)));
    changed = performance.now();
    // Not looked at after it: some of it is put right before a program could start and look.
    for (const [index, [what, change]] of CHANGES.entries())
      exitCodes.set(what, (await tried(inPlace(change, index))).code);
  });

  afterAll(() => cluster?.close());

  for (const [index, [what, , place]] of CHANGES.entries())
    it.skipIf(place === 'arp' && !HAS_ARP_TABLES)(
      `is found and put right within ${LIMIT} s: ${what}`,
      { timeout: 4 * LIMIT * 1000 },
      async () => {
        expect(exitCodes.get(what)).toBe(0);
        const left = 2 * LIMIT - (performance.now() - changed) / 1000;
        const target = { address: vip(index + 1).IPv4, port: 80, protocol: 'TCP' } as const;
        // Virtual servers may be back before the set of open frontends is, which another change has emptied.
        const look = async () =>
          (await shell(inPlace(lookAt(place), index))) === before.get(what) &&
          (await cluster.lab.outside.ask(target)).kind === 'answered';
        await waitUntil(look, { what: `${what} to be as before`, seconds: Math.max(1, left) });
      },
    );

  it('is put right within seconds where it is everything: all virtual servers deleted', async () => {
    const look = 'ipvsadm -S -n | sort';
    const all = await shell(look);
    expect(await shell(`ipvsadm -C; ${look}`)).not.toBe(all);
    await waitUntil(async () => (await shell(look)) === all, {
      what: 'all virtual servers',
      seconds: 2 * LIMIT,
    });
    expect((await cluster.lab.outside.ask({ address: vip(1).IPv4, port: 80, protocol: 'TCP' })).kind).toBe(
      'answered',
    );
  });
});
