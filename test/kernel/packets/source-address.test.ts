import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Host } from '../../../lab/host.js';
import { FAMILIES } from '../../../src/model/address.js';
import { PROTOCOLS } from '../../../src/model/protocol.js';
import { Cluster } from './support/cluster.js';
import { dualStack } from './support/dual-stack.js';
import { IN_TEST_KERNEL } from './support/kernel-test.js';
import { vip } from './support/vips.js';

const LOCAL = vip(1);
const REMOTE = vip(2);
const SELF = vip(3);

describe.skipIf(!IN_TEST_KERNEL)('whom the pod sees', () => {
  let cluster: Cluster;
  let pod: Host;
  let neighbour: Host;

  beforeAll(async () => {
    cluster = await Cluster.create();
    const { pods, remotePods } = cluster.lab;
    const [first, second] = pods;
    if (first === undefined || second === undefined) throw new Error('two pods expected');
    [pod, neighbour] = [first, second];
    const ports = PROTOCOLS.map((protocol) => ({ name: protocol.toLowerCase(), protocol, port: 80 }));
    await cluster.folder.put('local', dualStack({ name: 'local', vip: LOCAL, pods: [neighbour], ports }));
    await cluster.folder.put('remote', dualStack({ name: 'remote', vip: REMOTE, pods: remotePods, ports }));
    await cluster.folder.put('self', dualStack({ name: 'self', vip: SELF, pods: [pod], ports }));
    await cluster.startAgent();
  });

  afterAll(() => cluster?.close());

  for (const family of FAMILIES)
    for (const protocol of PROTOCOLS) {
      const target = { port: 80, protocol };

      it(`keeps a pod's own address: ${protocol} over ${family}`, async () => {
        const client = pod.addresses[family];
        const near = await pod.ask({ ...target, address: LOCAL[family] });
        expect(near).toMatchObject({ kind: 'answered', pod: 'pod-1', client });
        const far = await pod.ask({ ...target, address: REMOTE[family] });
        expect(far).toMatchObject({ kind: 'answered', pod: 'remote-pod', client });
      });

      it(`keeps an outside client's address: ${protocol} over ${family}`, async () => {
        const { outside } = cluster.lab;
        const answer = await outside.ask({ ...target, address: LOCAL[family] });
        expect(answer).toMatchObject({ kind: 'answered', pod: 'pod-1', client: outside.addresses[family] });
      });

      it(`shows the host's own client as the node: ${protocol} over ${family}`, async () => {
        const { node } = cluster.lab;
        const far = await node.ask({ ...target, address: REMOTE[family] });
        expect(far).toMatchObject({ kind: 'answered', pod: 'remote-pod', client: node.addresses[family] });
        const near = await node.ask({ ...target, address: LOCAL[family] });
        expect(near).toMatchObject({ kind: 'answered', pod: 'pod-1' });
      });

      it(`lets a pod reach itself through the VIP: ${protocol} over ${family}`, async () => {
        const answer = await pod.ask({ ...target, address: SELF[family] });
        expect(answer).toMatchObject({ kind: 'answered', pod: 'pod-0' });
        expect(answer).not.toMatchObject({ client: pod.addresses[family] });
      });
    }
});
