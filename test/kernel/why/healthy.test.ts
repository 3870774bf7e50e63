import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Host } from '../../../lab/host.js';
import { PROTOCOLS } from '../../../src/model/protocol.js';
import { service, slice } from '../packets/support/api-objects.js';
import { Cluster } from '../packets/support/cluster.js';
import { dualStack } from '../packets/support/dual-stack.js';
import { everyWay, external } from '../packets/support/every-way.js';
import { IN_TEST_KERNEL } from '../packets/support/kernel-test.js';
import { vip } from '../packets/support/vips.js';
import { why } from './why-command.js';

const PORTS = PROTOCOLS.map((protocol) => ({ name: protocol.toLowerCase(), protocol, port: 80 }));
const AFFINITY = {
  sessionAffinity: 'ClientIP',
  sessionAffinityConfig: { clientIP: { timeoutSeconds: 600 } },
};
const RANGES = [
  '203.0.113.0/24',
  '10.244.0.0/16',
  '172.18.0.0/24',
  '2001:db8:113::/64',
  'fd00:244::/32',
  'fd00:18::/64',
];

/**
 * The Services of the packet tests: every way in, every protocol, family, policy, scheduler, affinity and source
 * ranges.
 */
const NAMES = [
  'plain',
  'protocols',
  'one-family',
  'every-way',
  'policy-local',
  'inside-local',
  'affinity',
  'affinity-every-way',
  'hashed',
  'weighted',
  'ranges',
  'partly-ready',
] as const;

describe.skipIf(!IN_TEST_KERNEL)('on a healthy node nothing is found wrong with', () => {
  let cluster: Cluster;
  let pod: Host;

  beforeAll(async () => {
    cluster = await Cluster.create({ arguments: ['--node-name', 'node-1'] });
    const { pods, remotePods } = cluster.lab;
    const [first, second] = pods;
    if (first === undefined || second === undefined) throw new Error('two pods expected');
    pod = first;
    const all = { pods, remotePods };
    const annotated = (objects: object[], annotations: Readonly<Record<string, string>>) =>
      objects.map((object) => {
        const { metadata, kind } = object as { metadata: object; kind: string };
        return kind === 'Service' ? { ...object, metadata: { ...metadata, annotations } } : object;
      });
    const http = [{ port: 80 }];
    const contents: Readonly<Record<(typeof NAMES)[number], object[]>> = {
      plain: dualStack({ name: 'plain', vip: vip(1), pods }),
      protocols: dualStack({ name: 'protocols', vip: vip(2), pods, ports: PORTS }),
      'one-family': dualStack({ name: 'one-family', vip: vip(3), pods, families: ['IPv6'] }),
      'every-way': everyWay({
        name: 'every-way',
        number: 4,
        ports: [{ port: 80, nodePort: 30_004 }],
        ...all,
      }),
      'policy-local': everyWay({
        name: 'policy-local',
        number: 5,
        ports: [{ port: 80, nodePort: 30_005 }],
        ...all,
        spec: { externalTrafficPolicy: 'Local', healthCheckNodePort: 30_105 },
      }),
      'inside-local': everyWay({
        name: 'inside-local',
        number: 6,
        ports: http,
        pods,
        spec: { internalTrafficPolicy: 'Local', type: 'ClusterIP', externalIPs: [] },
      }),
      affinity: dualStack({ name: 'affinity', vip: vip(7), pods, spec: AFFINITY }),
      'affinity-every-way': everyWay({
        name: 'affinity-every-way',
        number: 8,
        ports: [{ port: 80, nodePort: 30_008 }],
        ...all,
        spec: { ...AFFINITY, externalTrafficPolicy: 'Local', healthCheckNodePort: 30_108 },
      }),
      hashed: annotated(dualStack({ name: 'hashed', vip: vip(9), pods }), {
        'kube-ipvs-proxy.io/scheduler': 'mh',
      }),
      weighted: annotated(dualStack({ name: 'weighted', vip: vip(10), pods }), {
        'kube-ipvs-proxy.io/scheduler': 'wrr',
        'kube-ipvs-proxy.io/weights': 'node=node-1:3',
      }),
      ranges: everyWay({
        name: 'ranges',
        number: 11,
        ports: http,
        ...all,
        spec: { loadBalancerSourceRanges: RANGES },
      }),
      'partly-ready': [
        service({ name: 'partly-ready', clusterIPs: [vip(12).IPv4] }),
        slice({
          service: 'partly-ready',
          endpoints: [second.addresses.IPv4, { address: first.addresses.IPv4, ready: false }],
        }),
      ],
    };
    for (const [name, objects] of Object.entries(contents)) await cluster.folder.put(name, objects);
    await cluster.startAgent();
  });

  afterAll(() => cluster?.close());

  const ask = (...words: string[]) => why(cluster.lab.node, cluster.adminSocket, words);

  for (const name of NAMES)
    it(name, async () => {
      const near = name === 'one-family' ? pod.addresses.IPv6 : pod.addresses.IPv4;
      const far =
        name === 'partly-ready' ? cluster.lab.outside.addresses.IPv4 : cluster.lab.outside.addresses.IPv6;
      const clients = ['node', 'outside', near, far];
      for (const words of [[name, '--try'], ...clients.map((client) => [name, '--from', client])])
        expect(await ask(...words), words.join(' ')).toMatchObject({
          exitCode: 0,
          verdict: 'works',
          causes: [],
        });
    });

  it('what is asked for by its address', async () => {
    for (const place of [vip(1).IPv4, `[${vip(1).IPv6}]:80`, `${external(4).IPv4}:80`, '172.18.0.2:30004'])
      expect(await ask(place, '--try'), place).toMatchObject({ exitCode: 0, causes: [] });
  });

  it('a node on which traffic has gone through all of them', async () => {
    const target = { port: 80, protocol: 'TCP' } as const;
    for (const number of [1, 2, 4, 5, 6, 7, 8, 9, 10, 12])
      for (const client of [pod, cluster.lab.node, cluster.lab.outside])
        expect((await client.ask({ ...target, address: vip(number).IPv4 })).kind).toBe('answered');
    for (const name of ['plain', 'affinity', 'affinity-every-way'])
      expect(await ask(name, '--from', pod.addresses.IPv4, '--try')).toMatchObject({
        exitCode: 0,
        causes: [],
      });
  });
});
