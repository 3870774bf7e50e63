import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addresses, NODE_WIRE, OUTSIDE_WIRE } from '../../../lab/address-plan.js';
import type { Host } from '../../../lab/host.js';
import { sendTransaction } from '../../../src/kernel/nf-tables/transaction.js';
import {
  type PacketRulesSettings,
  PLAIN_RULES,
} from '../../../src/kernel/packet-table/packet-rules-settings.js';
import { tableTransaction } from '../../../src/kernel/packet-table/packet-table.js';
import { FAMILIES } from '../../../src/model/address.js';
import { openKernelHandle } from '../../support/kernel-handle.js';
import { Cluster, POD_PORT } from './support/cluster.js';
import { everyWay, external } from './support/every-way.js';
import { IN_TEST_KERNEL, WITH_NEIGHBOURS } from './support/kernel-test.js';
import { walk } from './support/packet-walk.js';
import { vip } from './support/vips.js';

/** The range of Service addresses, and one of them that no Service has. */
const RANGES = { IPv4: '10.96.0.0/12', IPv6: 'fd00:96::/64' };
const UNASSIGNED = addresses('10.96.99.99', 'fd00:96::9999');

/** What a node needs besides, whatever proxies its Services: neighbour discovery of IPv6. */
const NEIGHBOURS = 'meta l4proto ipv6-icmp accept';

/** The lines that docs/packet-flow.md tells the owner of such a firewall to have. */
const ADVICE: Readonly<Record<'input' | 'forward', string>> = {
  input: `ct state established,related accept
    ip daddr { 10.96.0.0/12, 198.51.100.0/24 } accept
    ip6 daddr { fd00:96::/64, 2001:db8:51::/64 } accept
    meta l4proto { tcp, udp, sctp } th dport 30000-32767 accept`,
  forward: 'ct state established,related accept',
};

/** Both drop by default; a reply to a pod of this node comes forwarded, one to the node itself by input. */
function firewall(lines: Readonly<Record<'input' | 'forward', string>>): string {
  const chain = (hook: 'input' | 'forward') =>
    `chain ${hook} {\n type filter hook ${hook} priority 0; policy drop;\n iifname "lo" accept\n ${NEIGHBOURS}\n ${lines[hook]}\n }`;
  return `table inet firewall\ndelete table inet firewall\ntable inet firewall {\n${chain('input')}\n${chain('forward')}\n}\n`;
}

describe.skipIf(!IN_TEST_KERNEL)('with a host firewall that drops by default', () => {
  let cluster: Cluster;
  let pod: Host;

  beforeAll(async () => {
    cluster = await Cluster.create({ arguments: ['--node-name', 'node-1'] });
    const { pods } = cluster.lab;
    const [first, near] = pods;
    if (first === undefined || near === undefined) throw new Error('too few pods');
    pod = first;
    const ports = [{ port: 80, nodePort: 30_001 }];
    await cluster.folder.put('web', everyWay({ name: 'web', number: 1, ports, pods: [near] }));
    await cluster.lab.remote.serve(POD_PORT, 'TCP');
    await cluster.startAgent();
  });

  afterAll(() => cluster?.close());

  const put = (rules: string) => cluster.lab.node.namespace.run(['nft', '-f', '-'], rules);

  it('nobody gets through without rules for Services', async () => {
    await put(firewall({ input: '', forward: '' }));
    expect(await walk(pod, { address: vip(1).IPv4, port: 80 })).toBe('timed out');
    await put(firewall({ ...ADVICE, forward: '' }));
    expect(await walk(pod, { address: vip(1).IPv4, port: 80 })).toBe('timed out');
  });

  for (const family of FAMILIES)
    it(`everything works with the rules that are documented: ${family}`, async () => {
      await put(firewall(ADVICE));
      const { outside, node } = cluster.lab;
      const places = [vip(1), external(1), external(101)].map((place) => ({
        address: place[family],
        port: 80,
      }));
      const nodePort = { address: NODE_WIRE.here[family], port: 30_001 };
      for (const place of [...places, nodePort])
        for (const client of [pod, node]) expect(await walk(client, place)).toMatch(/^pod-1 sees /);
      for (const place of [...places, { ...nodePort, address: OUTSIDE_WIRE.here[family] }])
        expect(await walk(outside, place)).toMatch(/^pod-1 sees /);
      expect(await walk(pod, { address: vip(1)[family], port: 81 })).toBe('refused');
    });

  describe.skipIf(WITH_NEIGHBOURS)('and none any more', () => {
    // What the agent would learn from an API server: the ranges of Service addresses.
    const rules = { ...PLAIN_RULES, serviceCIDRs: Object.values(RANGES) };

    async function writeRules(settings: PacketRulesSettings): Promise<void> {
      const path = `/run/netns/${cluster.lab.node.namespace.name}`;
      const handle = openKernelHandle({ device: '', table: '', sets: [], networkNamespace: path });
      expect(await sendTransaction(handle, tableTransaction(settings))).toBeUndefined();
      handle.close();
    }

    beforeAll(async () => {
      await put('delete table inet firewall\n');
      await cluster.agent.stop();
    });

    for (const family of FAMILIES)
      it(`an address of the Service range that no Service has goes nowhere: ${family}`, async () => {
        const { node, remote } = cluster.lab;
        await node.namespace.ip([`route add ${RANGES[family]} via ${NODE_WIRE.there[family]}`]);
        await remote.namespace.ip([`addr add ${UNASSIGNED[family]} dev lo`]);
        const unassigned = { address: UNASSIGNED[family], port: POD_PORT };
        expect(await walk(pod, unassigned)).toMatch(/^remote sees /);
        await writeRules(rules);
        const clients = [pod, node];
        const answers = await Promise.all(clients.map((client) => walk(client, unassigned)));
        expect(answers).toEqual(['timed out', 'timed out']);
        for (const client of clients)
          expect(await walk(client, { address: vip(1)[family], port: 80 })).toMatch(/^pod-1 sees /);
        await writeRules({ ...rules, serviceCIDRs: [] });
      });

    it('what another proxy rewrites on the node itself is no unassigned address', async () => {
      const { node } = cluster.lab;
      const to = `${cluster.lab.pods[1]?.addresses.IPv4}:${POD_PORT}`;
      await writeRules(rules);
      await put(
        `add table ip other\nadd chain ip other output { type nat hook output priority -100; }\n` +
          `add rule ip other output ip daddr ${UNASSIGNED.IPv4} tcp dport 80 dnat to ${to}\n`,
      );
      expect(await walk(node, { address: UNASSIGNED.IPv4, port: 80 })).toMatch(/^pod-1 sees /);
    });
  });
});
