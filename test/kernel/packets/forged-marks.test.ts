import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addresses, NODE_WIRE } from '../../../lab/address-plan.js';
import type { Host } from '../../../lab/host.js';
import { isOwnMark } from '../../../src/model/frontend.js';
import { service, slice } from './support/api-objects.js';
import { Cluster, POD_PORT } from './support/cluster.js';
import { IN_TEST_KERNEL } from './support/kernel-test.js';
import { walk, walks } from './support/packet-walk.js';
import { vip } from './support/vips.js';

/** WireGuard's (wg-quick); by address and port this Service had it, as long as marks followed from these alone. */
const WIREGUARD = 0xca6c;
const CRAFTED = { address: addresses('20.1.66.155', '2001:db8:66::155').IPv4, port: 35_483 };
const VICTIM = { address: vip(1).IPv4, port: 80 };

describe.skipIf(!IN_TEST_KERNEL)('packets that another program marks', () => {
  let cluster: Cluster;
  let [pod, victimPod, attackerPod]: Host[] = [];

  beforeAll(async () => {
    cluster = await Cluster.create({
      arguments: ['--cluster-cidr', '10.244.0.0/16', '--node-name', 'node-1'],
    });
    [pod, victimPod, attackerPod] = cluster.lab.pods;
    await cluster.folder.put('victim', [
      service({
        name: 'victim',
        clusterIPs: [VICTIM.address],
        ports: [{ port: 80, nodePort: 30_001 }],
        spec: { type: 'NodePort' },
      }),
      slice({ service: 'victim', endpoints: endpointsAt(victimPod) }),
    ]);
    await cluster.folder.put('attacker', [
      service({
        name: 'attacker',
        clusterIPs: [vip(2).IPv4],
        ports: [{ port: CRAFTED.port }],
        spec: { externalIPs: [CRAFTED.address], externalTrafficPolicy: 'Local' },
      }),
      slice({ service: 'attacker', ports: [{ port: POD_PORT }], endpoints: endpointsAt(attackerPod) }),
    ]);
    await cluster.startAgent();
  });

  afterAll(() => cluster?.close());

  const endpointsAt = (host: Host | undefined) =>
    host === undefined ? [] : [{ address: host.addresses.IPv4, nodeName: 'node-1' }];
  const client = () => pod as Host;
  const onNode = (...command: string[]) => cluster.lab.node.namespace.run(command);
  const nft = (rules: string) => cluster.lab.node.namespace.run(['nft', '-f', '-'], rules);

  /** The marks of the virtual servers that IPVS knows by one. */
  async function marks(): Promise<number[]> {
    const { stdout } = await cluster.lab.node.namespace.try(['cat', '/proc/net/ip_vs']);
    return [...stdout.matchAll(/^FWM\s+([0-9A-F]+)/gm)].map(([, mark = '']) => Number.parseInt(mark, 16));
  }

  /** Every packet that comes in or goes out has this mark from now on. */
  const markAll = (mark: number) =>
    nft(`table ip other {
      chain in { type filter hook prerouting priority mangle; meta mark set ${mark}; }
      chain out { type route hook output priority mangle; meta mark set ${mark}; }
    }`);

  it('with a mark that a Service was made for do not go to its pods', async () => {
    await markAll(WIREGUARD);
    expect(await walks(client(), VICTIM)).toEqual([`pod-1 sees ${client().addresses.IPv4}`]);
    expect(await walk(cluster.lab.node, VICTIM)).toMatch(/^pod-1 sees /);
    expect(await marks()).not.toContain(WIREGUARD);
    await onNode('nft', 'delete', 'table', 'ip', 'other');
  });

  it('with the very mark of a Service do not go to its pods, wherever they go', async () => {
    const [mark = 0] = await marks();
    expect(isOwnMark(mark)).toBe(true);
    await markAll(mark);
    const { outside, node, remote } = cluster.lab;
    const nodePort = { address: NODE_WIRE.here.IPv4, port: 30_001 };
    for (const host of [client(), node]) expect(await walks(host, VICTIM)).toEqual(await expected(host));
    expect(await walk(remote, nodePort)).toMatch(/^pod-1 sees /);
    expect(await walk(node, { address: victimAddress(), port: POD_PORT })).toMatch(/^pod-1 sees /);
    expect(await walk(outside, { address: NODE_WIRE.here.IPv4, port: 22 })).toBe('refused');
    await onNode('nft', 'delete', 'table', 'ip', 'other');
  });

  it('go to the pods of the Service that they are for, marked or not', async () => {
    const [mark = 0] = await marks();
    for (const foreign of [0, 0x4_0000, mark]) {
      if (foreign !== 0) await markAll(foreign);
      expect(await walk(client(), CRAFTED)).toMatch(/^pod-2 sees /);
      if (foreign !== 0) await onNode('nft', 'delete', 'table', 'ip', 'other');
    }
  });

  it('find the same marks after a restart of the agent', async () => {
    const before = await marks();
    await cluster.agent.stop();
    await cluster.startAgent();
    expect([before.length, await marks()]).toEqual([1, before]);
  });

  const victimAddress = () => (victimPod as Host).addresses.IPv4;
  const expected = async (host: Host) => {
    const result = await walk(host, VICTIM);
    expect(result).toMatch(/^pod-1 sees /);
    return [result];
  };
});
