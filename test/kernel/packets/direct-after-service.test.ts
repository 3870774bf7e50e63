import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Host } from '../../../lab/host.js';
import { type Address, FAMILIES } from '../../../src/model/address.js';
import { PROTOCOLS, type Protocol } from '../../../src/model/protocol.js';
import { Cluster, POD_PORT } from './support/cluster.js';
import { everyWay, external } from './support/every-way.js';
import { IN_TEST_KERNEL } from './support/kernel-test.js';
import { vip } from './support/vips.js';

const RESTORED = PROTOCOLS.filter((protocol) => protocol !== 'SCTP');

describe.skipIf(!IN_TEST_KERNEL)(
  'a client that asks a pod by a Service, and then the pod itself from the same port',
  () => {
    let cluster: Cluster;
    let pod: Host;
    let lastPort = 40_000;

    beforeAll(async () => {
      cluster = await Cluster.create({
        arguments: ['--cluster-cidr', '10.244.0.0/16,fd00:244::/32', '--node-name', 'node-1'],
      });
      [pod] = cluster.lab.pods as [Host];
      const ports = PROTOCOLS.map((protocol) => ({ name: protocol.toLowerCase(), port: 80, protocol }));
      for (const [number, externalTrafficPolicy] of [[1, 'Cluster'] as const, [2, 'Local'] as const])
        await cluster.folder.put(
          `web-${number}`,
          everyWay({ name: `web-${number}`, number, ports, pods: [pod], spec: { externalTrafficPolicy } }),
        );
      await cluster.startAgent();
    });

    afterAll(() => cluster?.close());

    /** Who answers by the Service, by the pod's own address, and again by both. */
    async function askInTurn(client: Host, service: Address, direct: Address, protocol: Protocol) {
      const sourcePort = ++lastPort;
      const seen: string[] = [];
      for (const [address, port] of [
        [service, 80] as const,
        [direct, POD_PORT] as const,
        [service, 80] as const,
        [direct, POD_PORT] as const,
      ]) {
        const answer = await client.ask({ address, port, protocol, sourcePort, patience: 1_500 });
        seen.push(answer.kind === 'answered' ? answer.pod : answer.kind);
      }
      return seen;
    }

    for (const family of FAMILIES)
      for (const protocol of RESTORED) {
        it(`is answered every time: ${protocol} over ${family}`, async () => {
          const { pods, remotePods, outside } = cluster.lab;
          const ways = [vip(1), external(2)];
          for (const client of [pods[1] as Host, remotePods[0] as Host, outside])
            for (const way of ways)
              expect(await askInTurn(client, way[family], pod.addresses[family], protocol)).toEqual(
                Array.from({ length: 4 }, () => pod.name),
              );
        });
      }

    it('gets no answer of SCTP, whose checksum no rule writes before Linux 5.11', async () => {
      const [, client] = cluster.lab.pods as [Host, Host];
      for (const family of FAMILIES)
        expect(await askInTurn(client, vip(1)[family], pod.addresses[family], 'SCTP')).toEqual([
          pod.name,
          'timed out',
          pod.name,
          'timed out',
        ]);
    });
  },
);
