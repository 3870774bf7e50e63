import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NODE_WIRE, OUTSIDE_WIRE } from '../../../lab/address-plan.js';
import type { Host } from '../../../lab/host.js';
import { FAMILIES, type Family } from '../../../src/model/address.js';
import { hostPort } from '../../../src/model/frontend.js';
import { PROTOCOLS } from '../../../src/model/protocol.js';
import { service, slice } from './support/api-objects.js';
import { Cluster, POD_PORT } from './support/cluster.js';
import { everyWay, external } from './support/every-way.js';
import { IN_TEST_KERNEL } from './support/kernel-test.js';
import { walk } from './support/packet-walk.js';
import { weights } from './support/summaries.js';
import { both, vip } from './support/vips.js';

/** One port of every protocol, each with the same NodePort. */
const EVERY_PROTOCOL = PROTOCOLS.map((protocol) => ({
  name: protocol.toLowerCase(),
  protocol,
  port: 80,
  nodePort: 30_001,
}));
const DATAGRAMS = [{ protocol: 'UDP', port: 53, nodePort: 30_053 }] as const;
const HOST_PORT = 8080;

describe.skipIf(!IN_TEST_KERNEL)('a NodePort', () => {
  let cluster: Cluster;
  let pod: Host;
  let near: Host;
  let other: Host;
  let far: Host;

  beforeAll(async () => {
    cluster = await Cluster.create({ arguments: ['--node-name', 'node-1'] });
    const { pods, remotePods } = cluster.lab;
    [pod, near, other, far] = [...pods, ...remotePods] as [Host, Host, Host, Host];
    const { folder } = cluster;
    await folder.put('every', everyWay({ name: 'every', number: 1, ports: EVERY_PROTOCOL, pods: [near] }));
    await folder.put('names', everyWay({ name: 'names', number: 2, ports: DATAGRAMS, pods: [near, other] }));
    await folder.put('shared', [...sharing('shared-a', 81, near), ...sharing('shared-b', 82, other)]);
    await cluster.startAgent();
    await layHostPort(cluster);
  });

  afterAll(() => cluster?.close());

  for (const family of FAMILIES) {
    for (const protocol of PROTOCOLS)
      it(`serves ${protocol} over ${family}, outside, on other nodes, in pods and on the node`, async () => {
        const here = { address: NODE_WIRE.here[family], port: 30_001, protocol };
        const there = { ...here, address: OUTSIDE_WIRE.here[family] };
        expect(await walk(cluster.lab.outside, there)).toMatch(/^pod-1 sees /);
        for (const client of [pod, far, cluster.lab.remote, cluster.lab.node])
          expect(await walk(client, here)).toMatch(/^pod-1 sees /);
        const balanced = { ...here, address: external(1)[family], port: 80 };
        expect(await walk(cluster.lab.outside, balanced)).toMatch(/^pod-1 sees /);
      });

    it(`never gives a masqueraded connection a source port that is a NodePort: ${family}`, async () => {
      const target = { address: OUTSIDE_WIRE.here[family], port: 30_001, protocol: 'TCP' } as const;
      const answer = await cluster.lab.outside.ask({ ...target, sourcePort: 30_001 });
      expect(answer).toMatchObject({ kind: 'answered', pod: 'pod-1' });
      if (answer.kind !== 'answered') throw new Error('no answer');
      expect(answer.client).not.toBe(cluster.lab.outside.addresses[family]);
      expect(answer.clientPort).toBeGreaterThan(1_023);
      expect(answer.clientPort).toBeLessThan(30_000);
    });

    it(`of UDP lets a client that keeps its port meet another pod once its own is gone: ${family}`, async () => {
      const client = await cluster.lab.outside.hold({
        address: OUTSIDE_WIRE.here[family],
        port: 30_053,
        protocol: 'UDP',
        sourcePort: 5_353,
      });
      const [stays, goes] = client.first.pod === near.name ? [other, near] : [near, other];
      await cluster.folder.put(
        'names',
        everyWay({ name: 'names', number: 2, ports: DATAGRAMS, pods: [stays] }),
      );
      await noServer(cluster, `${hostPort(OUTSIDE_WIRE.here[family], 30_053)}/UDP`, goes, family);
      expect(await client.again()).toMatchObject({ kind: 'answered', pod: stays.name });
      await client.close();
      const both = everyWay({ name: 'names', number: 2, ports: DATAGRAMS, pods: [near, other] });
      await cluster.folder.put('names', both);
      const back = hostPort(goes.addresses[family], POD_PORT);
      await cluster.agent.until(`${back} to be back`, (report) =>
        Object.hasOwn(weights(report, `${hostPort(OUTSIDE_WIRE.here[family], 30_053)}/UDP`) ?? {}, back),
      );
    });

    it(`shares a load balancer's address with other Services, each on its ports: ${family}`, async () => {
      const at = (port: number) => ({ address: external(9)[family], port });
      expect(await walk(cluster.lab.outside, at(81))).toMatch(/^pod-1 sees /);
      expect(await walk(cluster.lab.outside, at(82))).toMatch(/^pod-2 sees /);
      expect(await walk(cluster.lab.outside, at(83))).toBe('refused');
    });
  }

  for (const family of FAMILIES)
    it(`of a deleted Service is let go at once, whoever holds a connection: ${family}`, async () => {
      const { outside, node } = cluster.lab;
      const ports = [{ port: 80, nodePort: 30_003 }];
      await cluster.folder.put('leaving', everyWay({ name: 'leaving', number: 3, ports, pods: [near] }));
      const inside = { address: NODE_WIRE.here[family], port: 30_003 };
      const place = { address: OUTSIDE_WIRE.here[family], port: 30_003 };
      await expect.poll(() => walk(outside, place), { timeout: 10_000 }).toMatch(/^pod-1 sees /);
      const held = await outside.hold({ ...place, protocol: 'TCP' });
      await cluster.folder.drop('leaving');
      await expect.poll(() => walk(outside, place), { timeout: 10_000 }).toBe('refused');
      // It is taken apart one after another, so that one way in is closed before the last one is.
      await expect.poll(() => node.namespace.run(['ipvsadm', '-S', '-n'])).not.toContain(':30003');
      await expect.poll(() => cluster.boundVips()).not.toContain(external(3)[family]);
      for (const client of [pod, far, node]) expect(await walk(client, inside)).toBe('refused');
      expect(await held.again()).not.toMatchObject({ kind: 'answered' });
      await held.close();
    });

  it('leaves a hostPort to the pod that has it, as the CNI portmap plugin lays it', async () => {
    const { outside, remote, node } = cluster.lab;
    const at = (address: Host['addresses']['IPv4']) => ({ address, port: HOST_PORT });
    expect(await walk(outside, at(OUTSIDE_WIRE.here.IPv4))).toBe(`pod-0 sees ${outside.addresses.IPv4}`);
    expect(await walk(remote, at(NODE_WIRE.here.IPv4))).toBe(`pod-0 sees ${remote.addresses.IPv4}`);
    expect(await walk(node, at(NODE_WIRE.here.IPv4))).toMatch(/^pod-0 sees /);
  });

  it('and a VIP are not taken by a hostPort of the same number', async () => {
    const { outside } = cluster.lab;
    expect(await walk(outside, { address: external(9).IPv4, port: HOST_PORT })).toBe('refused');
  });

  it('goes with its Service while a VIP that another one shares stays', async () => {
    await cluster.folder.put('shared', sharing('shared-b', 82, other));
    const { outside } = cluster.lab;
    const gone = { address: external(9).IPv4, port: 81 };
    await expect.poll(() => walk(outside, gone), { timeout: 10_000 }).toBe('refused');
    expect(await walk(outside, { ...gone, port: 82 })).toMatch(/^pod-2 sees /);
  });
});

/** A Service that has a load balancer's address together with others. */
function sharing(name: string, port: number, pod: Host): object[] {
  return [
    service({
      name,
      clusterIPs: both(vip(port)),
      ports: [{ port }],
      ingress: both(external(9)),
      spec: { type: 'LoadBalancer' },
    }),
    ...FAMILIES.map((family) => slice({ service: name, family, endpoints: [pod.addresses[family]] })),
  ];
}

/** What portmap has: destination NAT for local addresses, at the priority that iptables' table nat has. */
async function layHostPort({ lab: { node, pods } }: Cluster): Promise<void> {
  const to = `${pods[0]?.addresses.IPv4}:${POD_PORT}`;
  const rule = `fib daddr type local tcp dport ${HOST_PORT} dnat to ${to}`;
  const chain = (hook: string) =>
    `add chain ip hostports ${hook} { type nat hook ${hook} priority -100; }\nadd rule ip hostports ${hook} ${rule}\n`;
  const rules = `add table ip hostports\n${chain('prerouting')}${chain('output')}`;
  await node.namespace.run(['nft', '-f', '-'], rules);
}

async function noServer({ agent }: Cluster, frontend: string, pod: Host, family: Family): Promise<void> {
  const server = hostPort(pod.addresses[family], POD_PORT);
  await agent.until(
    `${server} to be gone`,
    (report) => report.agent?.synced === true && weights(report, frontend)?.[server] === undefined,
  );
}
