import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NODE_WIRE, OUTSIDE_WIRE } from '../../../lab/address-plan.js';
import type { Host } from '../../../lab/host.js';
import { FAMILIES } from '../../../src/model/address.js';
import { address } from '../../support/addresses.js';
import { Cluster } from './support/cluster.js';
import { everyWay, external } from './support/every-way.js';
import { IN_TEST_KERNEL } from './support/kernel-test.js';
import { walk } from './support/packet-walk.js';
import { weights, who } from './support/summaries.js';
import { vip } from './support/vips.js';

/** Of several servers a hash leads about a third of them to each. */
const CLIENTS = 60;

const AFFINITY = {
  sessionAffinity: 'ClientIP',
  sessionAffinityConfig: { clientIP: { timeoutSeconds: 600 } },
};

describe.skipIf(!IN_TEST_KERNEL)('a client under session affinity', () => {
  let cluster: Cluster;
  let everyone: readonly Host[];

  beforeAll(async () => {
    cluster = await Cluster.create({
      arguments: ['--node-name', 'node-1', '--cluster-cidr', '10.244.0.0/16,fd00:244::/32'],
    });
    const { pods, remotePods, remote, outside } = cluster.lab;
    everyone = [...remotePods, remote, outside];
    const web = [{ port: 80, nodePort: 30_001 }];
    const local = [{ port: 80, nodePort: 30_002 }];
    await cluster.folder.put('web', everyWay({ name: 'web', number: 1, ports: web, pods, spec: AFFINITY }));
    const spec = { ...AFFINITY, externalTrafficPolicy: 'Local' };
    await cluster.folder.put('local', everyWay({ name: 'local', number: 2, ports: local, pods, spec }));
    await cluster.startAgent();
  });

  afterAll(() => cluster?.close());

  const pod = async (client: Host, address: Host['addresses']['IPv4'], port: number) =>
    (await walk(client, { address, port })).split(' ')[0];

  for (const family of FAMILIES)
    for (const [policy, number, nodePort] of [
      ['Cluster', 1, 30_001],
      ['Local', 2, 30_002],
    ] as const)
      it(`gets one pod by ClusterIP, load balancer, external address and NodePort: policy ${policy}, ${family}`, async () => {
        for (const client of everyone) {
          const node = client === cluster.lab.outside ? OUTSIDE_WIRE.here : NODE_WIRE.here;
          const answers = new Set<string | undefined>();
          for (const place of [vip(number), external(number), external(number + 100)])
            for (let time = 0; time < 2; time++) answers.add(await pod(client, place[family], 80));
          answers.add(await pod(client, node[family], nodePort));
          expect([...answers]).toEqual([expect.stringMatching(/^pod-\d$/)]);
        }
      });

  it('is never refused while a pod drains, whatever its address, and stays with one pod', async () => {
    const { outside, pods } = cluster.lab;
    const target = { address: vip(1).IPv4, port: 80, protocol: 'TCP' } as const;
    const clients = Array.from({ length: CLIENTS }, (_, index) => address(`203.0.113.${100 + index}`));
    await outside.namespace.ip(clients.map((client) => `address add ${client}/24 dev eth0`));
    const held = await outside.hold(target);
    const ports = [{ port: 80, nodePort: 30_001 }];
    const rest = pods.filter(({ name }) => name !== held.first.pod);
    await cluster.folder.put('web', everyWay({ name: 'web', number: 1, ports, pods: rest, spec: AFFINITY }));
    await cluster.agent.until('a pod to drain', (report) =>
      Object.values(weights(report, `${target.address}:80/TCP`) ?? {}).includes(0),
    );
    const answers = await Promise.all(
      clients.map(async (sourceAddress) => [
        await outside.ask({ ...target, sourceAddress }),
        await outside.ask({ ...target, sourceAddress }),
      ]),
    );
    const names = new Set(rest.map(({ name }) => name));
    for (const [first, second] of answers.map(who)) {
      expect(names).toContain(first);
      expect(second).toBe(first);
    }
    expect(new Set(answers.map((both) => who(both)[0])).size).toBe(rest.length);
    await held.close();
  });
});
