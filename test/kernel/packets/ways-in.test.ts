import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Addresses, addresses, NODE_WIRE, OUTSIDE_WIRE } from '../../../lab/address-plan.js';
import type { Host } from '../../../lab/host.js';
import { FAMILIES } from '../../../src/model/address.js';
import { Cluster } from './support/cluster.js';
import { everyWay, external } from './support/every-way.js';
import { IN_TEST_KERNEL } from './support/kernel-test.js';
import { walk, walks } from './support/packet-walk.js';
import { operationsSince, weights } from './support/summaries.js';
import { vip } from './support/vips.js';

const CLUSTER_CIDRS = '10.244.0.0/16,fd00:244::/32';

/** No answer to any of several at once. */
function nothing(count: number): string[] {
  return Array.from({ length: count }, () => 'timed out');
}

const LOCAL = { externalTrafficPolicy: 'Local' };

describe.skipIf(!IN_TEST_KERNEL)('a client', () => {
  let cluster: Cluster;
  let pod: Host;
  let near: Host;
  let far: Host;

  beforeAll(async () => {
    cluster = await Cluster.create({ arguments: ['--cluster-cidr', CLUSTER_CIDRS, '--node-name', 'node-1'] });
    const [first, second] = cluster.lab.pods;
    const [third] = cluster.lab.remotePods;
    if (first === undefined || second === undefined || third === undefined) throw new Error('too few pods');
    [pod, near, far] = [first, second, third];
    const remotePods = [far];
    await cluster.folder.put(
      'open',
      everyWay({ name: 'open', number: 1, ports: [{ port: 80, nodePort: 30_001 }], pods: [near] }),
    );
    await cluster.folder.put(
      'local',
      everyWay({
        name: 'local',
        number: 2,
        ports: [{ port: 80, nodePort: 30_002 }],
        pods: [near],
        remotePods,
        spec: LOCAL,
      }),
    );
    await cluster.folder.put(
      'away',
      everyWay({
        name: 'away',
        number: 3,
        ports: [{ port: 80, nodePort: 30_003 }],
        pods: [],
        remotePods,
        spec: LOCAL,
      }),
    );
    await cluster.folder.put(
      'empty',
      everyWay({ name: 'empty', number: 4, ports: [{ port: 80, nodePort: 30_004 }], pods: [] }),
    );
    await cluster.folder.put(
      'fenced',
      everyWay({
        name: 'fenced',
        number: 5,
        ports: [{ port: 80, nodePort: 30_005 }],
        pods: [near],
        spec: { loadBalancerSourceRanges: ['10.244.0.4/30', '10.244.0.5/32', 'fd00:244::4/126'] },
      }),
    );
    await cluster.folder.put(
      'welcome',
      everyWay({
        name: 'welcome',
        number: 6,
        ports: [{ port: 80, nodePort: 30_006 }],
        pods: [near],
        spec: { loadBalancerSourceRanges: ['203.0.113.0/24', '2001:db8:113::/64'] },
      }),
    );
    await cluster.folder.put(
      'inward',
      everyWay({
        name: 'inward',
        number: 7,
        ports: [{ port: 80, nodePort: 30_007 }],
        pods: [near],
        remotePods,
        spec: { internalTrafficPolicy: 'Local' },
      }),
    );
    await cluster.folder.put(
      'inward-away',
      everyWay({
        name: 'inward-away',
        number: 8,
        ports: [{ port: 80, nodePort: 30_008 }],
        pods: [],
        remotePods,
        spec: { internalTrafficPolicy: 'Local' },
      }),
    );
    await cluster.startAgent();
  });

  afterAll(() => cluster?.close());

  for (const family of FAMILIES) {
    const at = (place: Addresses, port = 80) => ({ address: place[family], port });
    const who = (host: Host) => host.addresses[family];
    const nodeWire = () => NODE_WIRE.here[family];

    describe(`over ${family}`, () => {
      it('from outside reaches an external address, a load balancer and a NodePort, and the pod sees the node', async () => {
        const { outside } = cluster.lab;
        for (const place of [at(external(1)), at(external(101)), at(OUTSIDE_WIRE.here, 30_001)])
          expect(await walk(outside, place)).toMatch(new RegExp(`^pod-1 sees (?!${who(outside)}$)`));
      });

      it('from outside is refused at a NodePort by a protocol that the Service does not have', async () => {
        const { outside } = cluster.lab;
        expect(await walk(outside, { ...at(OUTSIDE_WIRE.here, 30_001), protocol: 'UDP' })).toBe('refused');
      });

      it('that is a pod, or the node itself, reaches them too', async () => {
        for (const place of [at(external(1)), at(external(101)), at(NODE_WIRE.here, 30_001)]) {
          expect(await walk(pod, place)).toMatch(/^pod-1 sees /);
          expect(await walk(cluster.lab.node, place)).toMatch(/^pod-1 sees /);
        }
      });

      it('on another node reaches a NodePort of this one', async () => {
        const place = at(NODE_WIRE.here, 30_001);
        expect(await walk(cluster.lab.remote, place)).toMatch(/^pod-1 sees /);
        expect(await walk(far, place)).toMatch(/^pod-1 sees /);
      });

      it('from outside keeps its address with policy Local, and gets pods of this node only', async () => {
        const { outside } = cluster.lab;
        for (const place of [at(external(2)), at(external(102)), at(OUTSIDE_WIRE.here, 30_002)])
          expect(await walks(outside, place)).toEqual([`pod-1 sees ${who(outside)}`]);
      });

      it('inside gets pods of every node although the policy is Local', async () => {
        const { node } = cluster.lab;
        expect(await walks(pod, at(external(2)))).toEqual([
          `pod-1 sees ${who(pod)}`,
          `remote-pod sees ${who(pod)}`,
        ]);
        for (const place of [at(external(2)), at(external(102)), at(NODE_WIRE.here, 30_002)]) {
          const answers = await walks(node, place);
          expect(answers.map((answer) => answer.split(' ')[0])).toEqual(['pod-1', 'remote-pod']);
        }
      });

      it('that is a pod of another node gets its answer through the NodePort of this one, whichever pod gives it', async () => {
        const answers = await walks(far, at(NODE_WIRE.here, 30_002));
        expect(answers).toEqual([
          expect.stringMatching(/^pod-1 sees /),
          expect.stringContaining(`remote-pod sees ${nodeWire()}`),
        ]);
      });

      it('from outside gets no answer with policy Local where this node has no pod, and one inside does', async () => {
        const { outside, node } = cluster.lab;
        const places = [at(external(3)), at(external(103)), at(OUTSIDE_WIRE.here, 30_003)];
        expect(await Promise.all(places.map((place) => walk(outside, place)))).toEqual(nothing(3));
        expect(await walk(pod, at(external(3)))).toBe(`remote-pod sees ${who(pod)}`);
        expect(await walk(node, at(external(3)))).toMatch(/^remote-pod sees /);
        expect(await walk(node, at(NODE_WIRE.here, 30_003))).toMatch(/^remote-pod sees /);
      });

      it('is refused by every way to a Service without endpoints', async () => {
        const { outside, node } = cluster.lab;
        for (const client of [outside, node, pod])
          for (const place of [at(vip(4)), at(external(4)), at(external(104)), at(NODE_WIRE.here, 30_004)])
            expect(await walk(client, place)).toBe('refused');
      });

      it('outside the source ranges gets no answer at the load balancer, and does at the NodePort', async () => {
        const { outside } = cluster.lab;
        const clients = [outside, cluster.lab.node];
        expect(await Promise.all(clients.map((client) => walk(client, at(external(5)))))).toEqual(nothing(2));
        expect(await walk(outside, at(external(105)))).toMatch(/^pod-1 sees /);
        expect(await walk(outside, at(OUTSIDE_WIRE.here, 30_005))).toMatch(/^pod-1 sees /);
      });

      it('within the source ranges reaches the load balancer, and so does the node where it is within', async () => {
        expect(await walk(pod, at(external(5)))).toMatch(/^pod-1 sees /);
        expect(await walk(cluster.lab.outside, at(external(6)))).toMatch(/^pod-1 sees /);
        expect(await walk(cluster.lab.node, at(external(6)))).toMatch(/^pod-1 sees /);
        expect(await walk(pod, at(external(6)))).toBe('timed out');
      });

      it('of a ClusterIP with internal policy Local gets pods of its node only, and no answer where there is none', async () => {
        expect(await walks(pod, at(vip(7)))).toEqual([`pod-1 sees ${who(pod)}`]);
        expect((await walks(pod, at(external(7)))).map((answer) => answer.split(' ')[0])).toEqual([
          'pod-1',
          'remote-pod',
        ]);
        const clients = [pod, cluster.lab.node];
        expect(await Promise.all(clients.map((client) => walk(client, at(vip(8)))))).toEqual(nothing(2));
      });

      it('is refused on other ports of an external address', async () => {
        expect(await walk(cluster.lab.outside, at(external(1), 81))).toBe('refused');
      });
    });
  }

  it('reaches NodePorts at an address that the node gets later, and no more when it is gone', async () => {
    const { node, outside } = cluster.lab;
    const later = addresses('203.0.113.77', '2001:db8:113::77');
    await node.namespace.ip([`addr add ${later.IPv4}/32 dev outside0`]);
    const place = { address: later.IPv4, port: 30_001 };
    await expect.poll(() => walk(outside, place), { timeout: 10_000 }).toMatch(/^pod-1 sees /);
    await node.namespace.ip([`addr del ${later.IPv4}/32 dev outside0`]);
    // The connection that was reset is remembered for another ten seconds.
    await cluster.agent.until('the frontend at the address that is gone to drain', (report) =>
      Object.values(weights(report, `${later.IPv4}:30001/TCP`) ?? {}).every((weight) => weight === 0),
    );
  });

  it('finds a restart of the agent changes nothing', async () => {
    const { agent } = cluster;
    const before = await agent.status();
    await agent.stop();
    await cluster.startAgent();
    const report = await cluster.agent.status();
    // Closed connections count for two minutes: a drain that began before may end right now.
    const kinds = Object.keys(operationsSince(cluster.agent, 0));
    expect(kinds.filter((kind) => !/^(delete|disown|leave|forbid)-/.test(kind))).toEqual([]);
    const programmed = (status: typeof report) =>
      status?.virtualServers.flatMap(({ frontend, state }) => (state === 'programmed' ? [frontend] : []));
    expect(programmed(report)).toEqual(programmed(before));
  });
});
