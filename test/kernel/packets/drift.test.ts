import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitUntil } from '../../../lab/wait-until.js';
import { Cluster } from './support/cluster.js';
import { dualStack } from './support/dual-stack.js';
import { IN_TEST_KERNEL } from './support/kernel-test.js';
import { vip } from './support/vips.js';

const WEB = vip(1);
const PLACE = `${WEB.IPv4}:80`;
const TARGET = { address: WEB.IPv4, port: 80, protocol: 'TCP' } as const;
const TABLE = 'kube-ipvs-proxy';

/** Seconds in which the default finds everything; emulated machines get as much again. */
const LIMIT = 30;

/** What others do, and what then has to be so again. */
const CHANGES: readonly (readonly [string, string, string])[] = [
  ['a deleted virtual server', `ipvsadm -D -t ${PLACE}`, 'servers'],
  ['all virtual servers deleted', 'ipvsadm -C', 'servers'],
  ['a deleted real server', `ipvsadm -d -t ${PLACE} -r POD`, 'servers'],
  ['an added real server', `ipvsadm -a -t ${PLACE} -r 10.244.9.9:80 -m`, 'servers'],
  ['a weight', `ipvsadm -e -t ${PLACE} -r POD -m -w 7`, 'servers'],
  ['a scheduler', `ipvsadm -E -t ${PLACE} -s lc`, 'servers'],
  ['a persistence', `ipvsadm -E -t ${PLACE} -s rr -p 77`, 'servers'],
  ['the open frontends', `nft flush set inet ${TABLE} open-4`, 'table'],
  ['the ledger', `nft flush set inet ${TABLE} owned-tcp-4`, 'table'],
  ['a guarded VIP', `nft delete element inet ${TABLE} guarded-4 { ${WEB.IPv4} }`, 'table'],
  ['the VIPs that ARP is kept from', `nft flush set arp ${TABLE} vips`, 'arp'],
  ['a sysctl of IPVS', 'sysctl -w net.ipv4.vs.conntrack=0', 'sysctls'],
  ['a sysctl of the node', 'sysctl -w net.ipv4.conf.all.arp_announce=0', 'sysctls'],
];

const LOOKS: Readonly<Record<string, string>> = {
  servers: 'ipvsadm -S -n | sort',
  table: `nft list table inet ${TABLE} | grep -A4 -E "set (open-4|owned-tcp-4|guarded-4) " | tr -s " \\n\\t" "\\n" | sort`,
  arp: `nft list set arp ${TABLE} vips`,
  sysctls: 'sysctl net.ipv4.vs.conntrack net.ipv4.conf.all.arp_announce',
};

/** Some kernels are built without nftables for ARP. */
const HAS_ARP_TABLES =
  IN_TEST_KERNEL && spawnSync('nft', ['add table arp probe; delete table arp probe']).status === 0;

describe.skipIf(!IN_TEST_KERNEL)('what others change', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await Cluster.create({ arguments: ['--ipvs-strict-arp'] });
    const { pods } = cluster.lab;
    const { folder } = cluster;
    await folder.put('web', dualStack({ name: 'web', vip: WEB, pods }));
    for (let number = 2; number < 20; number++)
      await folder.put(`more-${number}`, dualStack({ name: `more-${number}`, vip: vip(number), pods }));
    await cluster.startAgent();
  });

  afterAll(() => cluster?.close());

  const shell = async (text: string) =>
    (await cluster.lab.node.namespace.try(['bash', '--norc', '-c', text])).stdout;

  for (const [what, change, place] of CHANGES)
    it.skipIf(place === 'arp' && !HAS_ARP_TABLES)(
      `is found and put right within ${LIMIT} s: ${what}`,
      { timeout: 4 * LIMIT * 1000 },
      async () => {
        const look = LOOKS[place] ?? '';
        const before = await shell(look);
        const pod = cluster.lab.pods[1]?.addresses.IPv4 ?? '';
        // In one go: some of it is put right at once.
        expect(await shell(`${change.replaceAll('POD', `${pod}:9376`)} >&2; ${look}`)).not.toBe(before);
        await waitUntil(async () => (await shell(look)) === before, {
          what: `${what} to be as before`,
          seconds: 2 * LIMIT,
        });
        expect((await cluster.lab.outside.ask(TARGET)).kind).toBe('answered');
      },
    );
});
