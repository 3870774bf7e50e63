import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NODE_WIRE, OUTSIDE_WIRE } from '../../../lab/address-plan.js';
import type { Host } from '../../../lab/host.js';
import type { Family } from '../../../src/model/address.js';
import { service, slice } from './support/api-objects.js';
import { Cluster } from './support/cluster.js';
import { everyWay, external } from './support/every-way.js';
import { IN_TEST_KERNEL } from './support/kernel-test.js';
import { walk } from './support/packet-walk.js';
import { vip } from './support/vips.js';

const PORTS = [{ port: 80, nodePort: 30_001 }];
const LATER = [{ port: 80, nodePort: 30_002 }];

describe.skipIf(!IN_TEST_KERNEL)('a node without IPv6', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await Cluster.create({ arguments: ['--node-name', 'node-1'] });
    await cluster.lab.node.namespace.run(['sh', '-c', 'echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6']);
    const [, near] = cluster.lab.pods;
    if (near === undefined) throw new Error('too few pods');
    await cluster.folder.put('web', everyWay({ name: 'web', number: 1, ports: PORTS, pods: [near] }));
    await cluster.startAgent();
  });

  afterAll(() => cluster?.close());

  it('serves the IPv4 part of dual-stack Services by every way', () =>
    everyWayWorks(cluster, 'IPv4', 1, 30_001));

  it('has nothing left to do and nothing to complain of', async () => {
    const report = await cluster.agent.status();
    expect(report?.agent?.synced).toBe(true);
    expect(report?.agent?.problems).toEqual([]);
  });

  it('follows changes', async () => {
    const [, near] = cluster.lab.pods as [Host, Host];
    await cluster.folder.put('later', everyWay({ name: 'later', number: 2, ports: LATER, pods: [near] }));
    await expect
      .poll(() => walk(cluster.lab.outside, { address: vip(2).IPv4, port: 80 }), { timeout: 10_000 })
      .toMatch(/^pod-1 sees /);
  });
});

describe.skipIf(!IN_TEST_KERNEL)('a cluster with IPv6 only', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await Cluster.create({ arguments: ['--node-name', 'node-1'] });
    const { node, pods } = cluster.lab;
    await node.namespace.ip(
      ['eth0', 'outside0', 'cni0'].map((device) => `addr flush dev ${device} scope global to 0/0`),
    );
    const [, near] = pods;
    if (near === undefined) throw new Error('too few pods');
    await cluster.folder.put('web', [
      service({
        name: 'web',
        clusterIPs: [vip(1).IPv6],
        ports: PORTS,
        ingress: [external(1).IPv6],
        spec: { type: 'LoadBalancer', externalIPs: [external(101).IPv6] },
      }),
      slice({ service: 'web', family: 'IPv6', endpoints: [near.addresses.IPv6] }),
    ]);
    await cluster.startAgent();
  });

  afterAll(() => cluster?.close());

  it('serves Services by every way', () => everyWayWorks(cluster, 'IPv6', 1, 30_001));

  it('has no problem', async () => {
    expect((await cluster.agent.status())?.agent?.problems).toEqual([]);
  });
});

async function everyWayWorks(
  { lab }: Cluster,
  family: Family,
  number: number,
  nodePort: number,
): Promise<void> {
  const { outside, node, pods } = lab;
  const places = [vip(number), external(number), external(number + 100)].map((place) => ({
    address: place[family],
    port: 80,
  }));
  const inside = [...places, { address: NODE_WIRE.here[family], port: nodePort }];
  for (const client of [pods[0] ?? node, node])
    for (const place of inside) expect(await walk(client, place)).toMatch(/^pod-1 sees /);
  for (const place of [...places, { address: OUTSIDE_WIRE.here[family], port: nodePort }])
    expect(await walk(outside, place)).toMatch(/^pod-1 sees /);
  expect(await walk(outside, { address: vip(number)[family], port: 81 })).toBe('refused');
}
