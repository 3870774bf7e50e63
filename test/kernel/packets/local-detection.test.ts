import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NODE_WIRE, OUTSIDE_WIRE } from '../../../lab/address-plan.js';
import type { Host } from '../../../lab/host.js';
import { FAMILIES } from '../../../src/model/address.js';
import { PROTOCOLS } from '../../../src/model/protocol.js';
import { Cluster } from './support/cluster.js';
import { everyWay, external } from './support/every-way.js';
import { IN_TEST_KERNEL } from './support/kernel-test.js';
import { walk, walks } from './support/packet-walk.js';
import { vip } from './support/vips.js';

/** As kubelet's chain KUBE-FIREWALL, but for every mark, and wherever a packet may be seen. */
const MARK_HATER = ['raw', 'mangle', 'filter']
  .flatMap((priority) => ['input', 'output', 'postrouting'].map((hook) => [hook, priority] as const))
  .filter(([hook, priority]) => priority !== 'raw' || hook === 'output')
  .map(
    ([hook, priority]) => `add table inet hater
add chain inet hater ${hook}-${priority} { type filter hook ${hook} priority ${priority}; }
add rule inet hater ${hook}-${priority} meta mark != 0 drop\n`,
  )
  .join('');

/** As Calico's endpoint marks in its IPVS mode: noted on input, and the egress policy applied by them on output. */
const endpointPolicy = (interfaceName: string, denied: readonly string[]) => `add table inet marker
add chain inet marker input { type filter hook input priority filter; }
add rule inet marker input iifname "${interfaceName}" meta mark set 0x31000000
add chain inet marker output { type filter hook output priority filter; }
${denied.map((address) => `add rule inet marker output meta mark & 0xff000000 == 0x31000000 ${address.includes(':') ? 'ip6' : 'ip'} daddr ${address} counter drop\n`).join('')}`;

const LOCAL = { externalTrafficPolicy: 'Local' };

describe.skipIf(!IN_TEST_KERNEL)('a pod recognised by the interface it comes from', () => {
  let cluster: Cluster;
  let pod: Host;
  let far: Host;

  beforeAll(async () => {
    const interfaces = ['--detect-local-mode', 'BridgeInterface', '--pod-bridge-interface', 'cni0'];
    cluster = await Cluster.create({ arguments: ['--node-name', 'node-1', ...interfaces] });
    const { pods, remotePods } = cluster.lab;
    const [first, near] = pods;
    const [third] = remotePods;
    if (first === undefined || near === undefined || third === undefined) throw new Error('too few pods');
    [pod, far] = [first, third];
    const web = [{ port: 80, nodePort: 30_001 }];
    const local = PROTOCOLS.map((protocol) => ({
      name: protocol.toLowerCase(),
      protocol,
      port: 80,
      nodePort: 30_002,
    }));
    const backends = { pods: [near], remotePods: [far] };
    await cluster.folder.put('web', everyWay({ name: 'web', number: 1, ports: web, pods: [near] }));
    await cluster.folder.put(
      'local',
      everyWay({ name: 'local', number: 2, ports: local, ...backends, spec: LOCAL }),
    );
    await cluster.startAgent();
  });

  afterAll(() => cluster?.close());

  for (const family of FAMILIES) {
    it(`keeps its address through a ClusterIP, and a client outside does not: ${family}`, async () => {
      const { outside } = cluster.lab;
      const place = { address: vip(1)[family], port: 80 };
      expect(await walk(pod, place)).toBe(`pod-1 sees ${pod.addresses[family]}`);
      expect(await walk(outside, place)).toMatch(new RegExp(`^pod-1 sees (?!${outside.addresses[family]}$)`));
    });

    it(`gets pods of every node at a frontend with policy Local, and a client outside those of this one: ${family}`, async () => {
      const { outside } = cluster.lab;
      const sees = pod.addresses[family];
      for (const protocol of PROTOCOLS) {
        const place = { address: external(2)[family], port: 80, protocol };
        expect(await walks(pod, place)).toEqual([`pod-1 sees ${sees}`, `remote-pod sees ${sees}`]);
        expect(await walks(outside, place)).toEqual([`pod-1 sees ${outside.addresses[family]}`]);
      }
      const atNode = { address: NODE_WIRE.here[family], port: 30_002 };
      expect((await walks(pod, atNode)).map((answer) => answer.split(' ')[0])).toEqual([
        'pod-1',
        'remote-pod',
      ]);
      const fromOutside = { address: OUTSIDE_WIRE.here[family], port: 30_002 };
      expect(await walks(outside, fromOutside)).toEqual([`pod-1 sees ${outside.addresses[family]}`]);
    });

    it(`is marked for IPVS alone, so that no rule of another program sees it: ${family}`, async () => {
      const { node } = cluster.lab;
      await node.namespace.run(['nft', '-f', '-'], MARK_HATER);
      const place = { address: external(2)[family], port: 80 };
      for (const client of [pod, node])
        expect((await walks(client, place)).map((answer) => answer.split(' ')[0])).toEqual([
          'pod-1',
          'remote-pod',
        ]);
      await node.namespace.run(['nft', 'delete', 'table', 'inet', 'hater']);
    });

    it(`keeps the mark of another program through IPVS, so that its policy holds behind every frontend: ${family}`, async () => {
      const { node, outside } = cluster.lab;
      const denied = FAMILIES.map((each) => far.addresses[each]);
      await node.namespace.run(['nft', '-f', '-'], endpointPolicy('cni0', denied));
      for (const protocol of PROTOCOLS) {
        const place = { address: external(2)[family], port: 80, protocol };
        expect(new Set(await walks(pod, place))).toEqual(
          new Set([`pod-1 sees ${pod.addresses[family]}`, 'timed out']),
        );
        expect(await walks(outside, place)).toEqual([`pod-1 sees ${outside.addresses[family]}`]);
      }
      await node.namespace.run(['nft', 'delete', 'table', 'inet', 'marker']);
    });

    it(`of another node is outside to this one: ${family}`, async () => {
      const place = { address: NODE_WIRE.here[family], port: 30_002 };
      expect(await walks(far, place)).toEqual([`pod-1 sees ${far.addresses[family]}`]);
    });
  }
});
