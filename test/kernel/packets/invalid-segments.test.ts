import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Addresses, OUTSIDE_WIRE } from '../../../lab/address-plan.js';
import type { Host } from '../../../lab/host.js';
import { FAMILIES, type Family } from '../../../src/model/address.js';
import { Cluster, POD_PORT } from './support/cluster.js';
import { everyWay, external } from './support/every-way.js';
import { IN_TEST_KERNEL } from './support/kernel-test.js';
import { sendStray } from './support/stray-segment.js';
import { vip } from './support/vips.js';

const NODE_PORT = 30_001;
const LOCAL = { externalTrafficPolicy: 'Local' };

describe.skipIf(!IN_TEST_KERNEL)('a segment out of the window of a connection', () => {
  let cluster: Cluster;
  let pod: Host;
  let lastPort = 41_000;

  beforeAll(async () => {
    cluster = await Cluster.create();
    const [first] = cluster.lab.pods;
    if (first === undefined) throw new Error('a pod expected');
    pod = first;
    const ports = [{ port: 80, nodePort: NODE_PORT }];
    await cluster.folder.put('web', everyWay({ name: 'web', number: 1, ports, pods: [pod] }));
    const local = { name: 'local', number: 2, ports: [{ port: 80, nodePort: NODE_PORT + 1 }], pods: [pod] };
    await cluster.folder.put('local', everyWay({ ...local, spec: LOCAL }));
    await cluster.lab.node.serve(7000, 'TCP');
    await cluster.startAgent();
  });

  afterAll(() => cluster?.close());

  /** Each way: who asks, from which address, where. */
  const ways: readonly (readonly [string, () => Host, Addresses | undefined, Addresses, number])[] = [
    ['the node by ClusterIP', () => cluster.lab.node, vip(1), vip(1), 80],
    ['a pod by ClusterIP', () => cluster.lab.pods[1] as Host, undefined, vip(1), 80],
    ['a client outside by NodePort', () => cluster.lab.outside, undefined, OUTSIDE_WIRE.here, NODE_PORT],
    [
      'a client outside by a load balancer of policy Local',
      () => cluster.lab.outside,
      undefined,
      external(2),
      80,
    ],
    [
      'a client outside by a NodePort of policy Local',
      () => cluster.lab.outside,
      undefined,
      OUTSIDE_WIRE.here,
      NODE_PORT + 1,
    ],
  ];

  const connected = async (client: Host, address: Addresses[Family], port: number) => {
    const sourcePort = ++lastPort;
    const held = await client.hold({ address, port, protocol: 'TCP', sourcePort });
    return { held, sourcePort };
  };

  /** How many of the counted segments the machine has let in. */
  const strayAt = async ({ namespace }: Host) => {
    const listing = await namespace.run(['nft', 'list', 'table', 'inet', 'seen']);
    return Number(/packets (\d+)/.exec(listing)?.[1]);
  };

  /** Of what tests send here the window is 500, and of nothing else. */
  const countStray = ({ namespace }: Host, match = '') =>
    namespace.run(
      ['nft', '-f', '-'],
      `add table inet seen
delete table inet seen
add table inet seen
add chain inet seen input { type filter hook input priority 200; }
add rule inet seen input tcp window 500 ${match} counter`,
    );

  for (const family of FAMILIES) {
    for (const [way, host, from, to, port] of ways) {
      it(`from the client does not end it: ${way} over ${family}`, async () => {
        const client = host();
        const { held, sourcePort } = await connected(client, to[family], port);
        const source = (from ?? client.addresses)[family];
        const isOnNode = client === cluster.lab.node;
        const seen = isOnNode ? { seen: [held.first.clientPort, POD_PORT] as const } : {};
        const segment = { source, sourcePort, target: to[family], targetPort: port, ...seen };
        await sendStray(client, segment, () => held.again());
        expect(await held.again()).toMatchObject({ kind: 'answered' });
        await held.close();
      });

      it(`from the pod does not end it: ${way} over ${family}`, async () => {
        const { held } = await connected(host(), to[family], port);
        const { client, clientPort } = held.first;
        const source = pod.addresses[family];
        const segment = { source, sourcePort: POD_PORT, target: client, targetPort: clientPort };
        await sendStray(pod, segment, () => held.again());
        expect(await held.again()).toMatchObject({ kind: 'answered' });
        await held.close();
      });
    }

    // By now its pod answers masqueraded connections as well.
    it(`of the node with a pod, without a Service, gets through over ${family}`, async () => {
      const { node } = cluster.lab;
      const { held, sourcePort } = await connected(node, pod.addresses[family], POD_PORT);
      await countStray(node, 'ct state invalid');
      const source = pod.addresses[family];
      const segment = { source, sourcePort: POD_PORT, target: held.first.client, targetPort: sourcePort };
      await sendStray(pod, segment, () => held.again());
      expect(await strayAt(node)).toBe(1);
      expect(await held.again()).toMatchObject({ kind: 'answered' });
      await held.close();
    });

    it(`of others with a program of the node gets through over ${family}`, async () => {
      const { node, outside } = cluster.lab;
      const [target, targetPort] = [OUTSIDE_WIRE.here[family], 7000];
      const { held, sourcePort } = await connected(outside, target, targetPort);
      await countStray(node, 'ct state invalid');
      const segment = { source: outside.addresses[family], sourcePort, target, targetPort };
      await sendStray(outside, segment, () => held.again());
      expect(await strayAt(node)).toBe(1);
      await held.close();
    });

    it(`of others with a pod, without a Service, is forwarded both ways over ${family}`, async () => {
      const { outside } = cluster.lab;
      const { held, sourcePort } = await connected(outside, pod.addresses[family], POD_PORT);
      for (const host of [outside, pod]) await countStray(host);
      const [there, here] = [pod.addresses[family], outside.addresses[family]];
      const to = { source: here, sourcePort, target: there, targetPort: POD_PORT };
      await sendStray(outside, to, () => held.again());
      const from = { source: there, sourcePort: POD_PORT, target: here, targetPort: sourcePort };
      await sendStray(pod, from, () => held.again());
      expect([await strayAt(pod), await strayAt(outside)]).toEqual([1, 1]);
      await held.close();
    });
  }
});
