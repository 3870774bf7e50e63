import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NODE_WIRE, OUTSIDE_WIRE } from '../../../lab/address-plan.js';
import type { Host } from '../../../lab/host.js';
import { waitUntil } from '../../../lab/wait-until.js';
import { type Address, FAMILIES } from '../../../src/model/address.js';
import { service, slice } from './support/api-objects.js';
import { Cluster, POD_PORT } from './support/cluster.js';
import { IN_TEST_KERNEL } from './support/kernel-test.js';
import { walk } from './support/packet-walk.js';
import { both, vip } from './support/vips.js';

/** Where the node's own kubelet would be. */
const KUBELET = 10_250;
const WEB = 80;

/** Of the subnet that the node shares with the other one. */
const ENDS_OF_SUBNET = ['172.18.0.0', '172.18.0.255', 'fd00:18::'];

const ASK_HEALTH =
  'import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], timeout=10).read().decode())';

const CLUSTER_CIDRS = '10.244.0.0/16,fd00:244::/32';

describe.skipIf(!IN_TEST_KERNEL)('a Service with externalIPs that are not free', () => {
  let cluster: Cluster;
  let victim: Host;
  let attacker: Host;

  beforeAll(async () => {
    cluster = await Cluster.create({ arguments: ['--cluster-cidr', CLUSTER_CIDRS, '--node-name', 'node-1'] });
    const { node, remote, pods } = cluster.lab;
    [victim, attacker] = pods as [Host, Host];
    await node.serve(KUBELET, 'TCP', 'kubelet');
    await victim.serve(WEB, 'TCP', 'victim');
    await remote.serve(KUBELET, 'TCP', 'gateway');
    for (const family of FAMILIES)
      await node.namespace.run([
        ...['ip', family === 'IPv4' ? '-4' : '-6', 'route', 'add', 'default', 'via', NODE_WIRE.there[family]],
      ]);
    const needed = [...both(NODE_WIRE.there), ...ENDS_OF_SUBNET];
    const claimed = [
      ...needed,
      ...both(NODE_WIRE.here),
      ...both(OUTSIDE_WIRE.here),
      ...both(victim.addresses),
    ];
    await cluster.folder.put('attacker', [
      service({
        name: 'attacker',
        clusterIPs: both(vip(1)),
        ports: [
          { name: 'kubelet', port: KUBELET },
          { name: 'web', port: WEB },
        ],
        spec: { externalIPs: claimed },
      }),
      ...FAMILIES.map((family) =>
        slice({
          service: 'attacker',
          family,
          ports: [
            { name: 'kubelet', port: POD_PORT },
            { name: 'web', port: POD_PORT },
          ],
          endpoints: [attacker.addresses[family]],
        }),
      ),
    ]);
    await cluster.startAgent();
  });

  afterAll(() => cluster?.close());

  async function seen(client: Host, address: Address, port: number): Promise<string> {
    return (await walk(client, { address, port })).split(' ')[0] ?? '';
  }

  it('takes no port of the node: clients outside, on other nodes and in pods reach the kubelet', async () => {
    const { outside, remote } = cluster.lab;
    for (const family of FAMILIES) {
      expect(await seen(remote, NODE_WIRE.here[family], KUBELET)).toBe('kubelet');
      expect(await seen(outside, OUTSIDE_WIRE.here[family], KUBELET)).toBe('kubelet');
      expect(await seen(attacker, NODE_WIRE.here[family], KUBELET)).toBe('kubelet');
    }
  });

  it("takes no pod's address: the pod serves its own ports to the node and to other pods", async () => {
    for (const family of FAMILIES) {
      expect(await seen(cluster.lab.node, victim.addresses[family], WEB)).toBe('victim');
      expect(await seen(attacker, victim.addresses[family], WEB)).toBe('victim');
      expect(await seen(attacker, victim.addresses[family], POD_PORT)).toBe(victim.name);
    }
  });

  it("takes no address of the node's way out: its gateways answer the node and its pods, the ends of its subnet stay free", async () => {
    for (const family of FAMILIES)
      for (const client of [cluster.lab.node, attacker])
        expect(await seen(client, NODE_WIRE.there[family], KUBELET)).toBe('gateway');
    expect(await cluster.boundVips()).toEqual([...both(vip(1))].sort());
  });

  it('is served at its ClusterIPs, and has reported what it does not get, in one sentence for each reason', async () => {
    for (const family of FAMILIES) expect(await seen(victim, vip(1)[family], WEB)).toBe(attacker.name);
    const report = await cluster.agent.status();
    const reported = (report?.agent?.problems ?? []).map(({ field, message }) => `${field} ${message}`);
    expect(reported.sort()).toEqual([
      expect.stringMatching(/spec\.externalIPs .*: each is an address of the pods' range/),
      expect.stringMatching(/spec\.externalIPs .*: each is the first address of a subnet/),
      expect.stringMatching(/spec\.externalIPs .* and 1 more: each is an address of a node/),
      expect.stringMatching(/spec\.externalIPs 172\.18\.0\.255 is the broadcast address/),
      expect.stringMatching(/spec\.externalIPs .*: each is a default gateway/),
    ]);
  });

  it('gets what is free and asked for by a load balancer that is on the nodes, as k3s has it', async () => {
    await cluster.folder.put('balanced', [
      service({
        name: 'balanced',
        clusterIPs: both(vip(2)),
        ports: [{ port: WEB }],
        ingress: both(NODE_WIRE.here),
      }),
      ...FAMILIES.map((family) =>
        slice({
          service: 'balanced',
          family,
          ports: [{ port: POD_PORT }],
          endpoints: [attacker.addresses[family]],
        }),
      ),
    ]);
    for (const family of FAMILIES)
      await waitUntil(
        async () => (await seen(cluster.lab.remote, NODE_WIRE.here[family], WEB)) === attacker.name,
        { what: 'the load balancer to be served', seconds: 60 },
      );
    expect(await seen(cluster.lab.remote, NODE_WIRE.here.IPv4, KUBELET)).toBe('kubelet');
  });

  it("gets no other port of another's ClusterIP, and not the port where another's health check answers", async () => {
    const [own, health, free] = [22, 32_100, 32_101];
    const backed = (name: string, number: number, pod: Host, ports: readonly number[], more: object) => [
      service({
        name,
        clusterIPs: both(vip(number)),
        ports: ports.map((port) => ({ name: `p${port}`, port })),
        ...more,
      }),
      ...FAMILIES.map((family) =>
        slice({
          service: name,
          family,
          ports: ports.map((port) => ({ name: `p${port}`, port: POD_PORT })),
          endpoints: [{ address: pod.addresses[family], nodeName: 'node-1' }],
        }),
      ),
    ];
    await cluster.folder.put(
      'checked',
      backed('checked', 4, victim, [WEB], {
        ingress: ['198.51.100.4'],
        spec: { type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: health },
      }),
    );
    await cluster.folder.put(
      'thief-of-port',
      backed('thief-of-port', 5, attacker, [own], { spec: { externalIPs: both(vip(4)) } }),
    );
    await cluster.folder.put(
      'thief-of-health',
      backed('thief-of-health', 6, attacker, [health, free], { ingress: both(NODE_WIRE.here) }),
    );
    const { remote, node } = cluster.lab;
    const here = NODE_WIRE.here.IPv4;
    await waitUntil(async () => (await seen(remote, here, free)) === attacker.name, {
      what: 'the free port to be served',
    });
    // An address is bound after the servers behind it are there: the free port answers before the VIPs do.
    const vips = [4, 5, 6].flatMap((number) => both(vip(number)));
    const areBound = async () => {
      const bound = await cluster.boundVips();
      return vips.every((address) => bound.includes(address));
    };
    await waitUntil(areBound, { what: 'the VIPs to be bound' });
    for (const family of FAMILIES) {
      for (const client of [node, remote, attacker]) {
        expect(await seen(client, vip(4)[family], WEB)).toBe(victim.name);
        expect(await seen(client, vip(4)[family], own)).toBe('refused');
      }
      expect(await seen(remote, vip(5)[family], own)).toBe(attacker.name);
    }
    const words = ['/usr/bin/python3', '-c', ASK_HEALTH, `http://${here}:${health}/`];
    expect(JSON.parse(await remote.namespace.run(words))).toMatchObject({
      service: { namespace: 'default', name: 'checked' },
      localEndpoints: 1,
    });
  });
});
