import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NODE_WIRE } from '../../../lab/address-plan.js';
import type { Host } from '../../../lab/host.js';
import { waitUntil } from '../../../lab/wait-until.js';
import { FAMILIES, type Family } from '../../../src/model/address.js';
import { PROTOCOLS } from '../../../src/model/protocol.js';
import { Cluster } from './support/cluster.js';
import { everyWay, external } from './support/every-way.js';
import { IN_TEST_KERNEL } from './support/kernel-test.js';
import { walk } from './support/packet-walk.js';
import { operationsSince } from './support/summaries.js';
import { vip } from './support/vips.js';

const WEB = 1;
const LOCAL = 2;

/** What a table of before looked like: other rules, an element for each endpoint, no pairs of bytes. */
const OTHER_VERSION = `flush table inet kube-ipvs-proxy
delete set inet kube-ipvs-proxy equal-bytes
add set inet kube-ipvs-proxy hairpins-4 { type ipv4_addr . ipv4_addr; }
add element inet kube-ipvs-proxy hairpins-4 { 10.244.0.5 . 10.244.0.5 }
flush set inet kube-ipvs-proxy layout
add element inet kube-ipvs-proxy layout { 0.0.0.0 comment "of another version" }
`;

describe.skipIf(!IN_TEST_KERNEL)('a pod that is the only endpoint of its own Service', () => {
  let cluster: Cluster;
  let pod: Host;

  beforeAll(async () => {
    cluster = await Cluster.create({ arguments: ['--node-name', 'node-1'] });
    const [first] = cluster.lab.pods;
    if (first === undefined) throw new Error('a pod expected');
    pod = first;
    const ports = (nodePort: number) =>
      PROTOCOLS.map((protocol) => ({ name: protocol.toLowerCase(), protocol, port: 80, nodePort }));
    const web = { name: 'web', number: WEB, ports: ports(30_001), pods: [pod] };
    const spec = { externalTrafficPolicy: 'Local' };
    await cluster.folder.put('web', everyWay(web));
    await cluster.folder.put(
      'local',
      everyWay({ name: 'local', number: LOCAL, ports: ports(30_002), pods: [pod], spec }),
    );
    await cluster.startAgent();
  });

  afterAll(() => cluster?.close());

  /** Every address and port by which the two Services are reached. */
  const places = (family: Family) =>
    [WEB, LOCAL].flatMap((number) => [
      ...[vip(number), external(number), external(number + 100)].map((way) => ({
        address: way[family],
        port: 80,
      })),
      { address: NODE_WIRE.here[family], port: 30_000 + number },
    ]);

  const throughVip = () => walk(pod, { address: vip(WEB).IPv4, port: 80 });
  const nft = (rules: string) => cluster.lab.node.namespace.run(['nft', '-f', '-'], rules);

  for (const family of FAMILIES)
    for (const protocol of PROTOCOLS)
      it(`reaches itself by every way, as somebody else: ${protocol} over ${family}`, async () => {
        for (const place of places(family))
          expect(await walk(pod, { ...place, protocol })).toMatch(
            new RegExp(`^pod-0 sees (?!${pod.addresses[family]}$)`),
          );
      });

  it('reaches itself again after somebody emptied the set that its packets are recognised by', async () => {
    await nft('flush set inet kube-ipvs-proxy equal-bytes');
    expect(await throughVip()).toBe('timed out');
    await waitUntil(async () => (await throughVip()).startsWith('pod-0 sees '), {
      what: 'the pod to reach itself again',
    });
  });

  it('reaches itself after the rules of another version were replaced, while everything else stayed', async () => {
    await cluster.agent.stop();
    await nft(OTHER_VERSION);
    await cluster.startAgent();
    expect(operationsSince(cluster.agent, 0)).toEqual({});
    expect(await throughVip()).toMatch(/^pod-0 sees /);
  });
});
