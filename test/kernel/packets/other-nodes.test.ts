import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NODE_WIRE } from '../../../lab/address-plan.js';
import type { Host } from '../../../lab/host.js';
import { waitUntil } from '../../../lab/wait-until.js';
import { FAMILIES } from '../../../src/model/address.js';
import { service, slice } from './support/api-objects.js';
import { Cluster, POD_PORT } from './support/cluster.js';
import { IN_TEST_KERNEL, WITH_NEIGHBOURS } from './support/kernel-test.js';
import { walk } from './support/packet-walk.js';
import { operationsSince } from './support/summaries.js';
import { both, vip } from './support/vips.js';

/** Where the other node's kubelet would be, and where a Service claims to be. */
const KUBELET = 10_250;
const CLAIMED = 80;

const OTHER = NODE_WIRE.there;
const CLUSTER_CIDRS = '10.244.0.0/16,fd00:244::/32';

function nodeObject(name: string, addresses: readonly string[]): object {
  const listed = addresses.map((address) => ({ type: 'InternalIP', address }));
  return { apiVersion: 'v1', kind: 'Node', metadata: { name }, status: { addresses: listed } };
}

describe.skipIf(!IN_TEST_KERNEL || WITH_NEIGHBOURS)(
  'a Service that claims the address of another node',
  () => {
    let cluster: Cluster;
    let clients: readonly Host[];

    beforeAll(async () => {
      cluster = await Cluster.create({
        arguments: ['--cluster-cidr', CLUSTER_CIDRS, '--node-name', 'node-1'],
      });
      const { node, remote, pods } = cluster.lab;
      const [pod, server] = pods;
      if (pod === undefined || server === undefined) throw new Error('too few pods');
      clients = [node, pod];
      await remote.serve(KUBELET, 'TCP', 'kubelet');
      await remote.serve(CLAIMED, 'TCP', 'other-node');
      await cluster.folder.put('nodes', [nodeObject('node-1', both(NODE_WIRE.here)), otherNode()]);
      await cluster.startAgent();
      expect(await seenAt(KUBELET)).toEqual(everywhere('kubelet'));
      await cluster.folder.put('web', [
        service({ name: 'web', clusterIPs: both(vip(1)), spec: { externalIPs: both(OTHER) } }),
        ...FAMILIES.map((family) =>
          slice({
            service: 'web',
            family,
            ports: [{ port: POD_PORT }],
            endpoints: [server.addresses[family]],
          }),
        ),
      ]);
      await settled(1);
    });

    afterAll(() => cluster?.close());

    const otherNode = () => nodeObject('node-2', both(OTHER));

    /** What every client gets at every address of the other node, without the address that it is seen with. */
    async function seenAt(port: number): Promise<Record<string, string>> {
      const seen: Record<string, string> = {};
      for (const client of clients)
        for (const family of FAMILIES)
          seen[`${client.name} over ${family}`] =
            (await walk(client, { address: OTHER[family], port })).split(' ')[0] ?? '';
      return seen;
    }

    function everywhere(answer: string): Record<string, string> {
      return Object.fromEntries(
        clients.flatMap(({ name }) => FAMILIES.map((family) => [`${name} over ${family}`, answer])),
      );
    }

    async function problems(): Promise<string[]> {
      const report = await cluster.agent.status();
      return (report?.agent?.problems ?? []).map(({ field = '', message }) => `${field} ${message}`);
    }

    async function settled(count: number): Promise<void> {
      const look = async () => (await problems()).length === count;
      await waitUntil(look, { what: `${count} problems`, seconds: 60 });
      await cluster.agent.ready();
    }

    it('does not cut this node and its pods off from it: its other ports answer as before', async () => {
      expect(await seenAt(KUBELET)).toEqual(everywhere('kubelet'));
    });

    it('leaves the claimed port to that node too, which is the one that serves the Service there', async () => {
      expect(await seenAt(CLAIMED)).toEqual(everywhere('other-node'));
    });

    it('is served at its other addresses, and says which Node has the one it claims', async () => {
      for (const client of clients)
        for (const family of FAMILIES)
          expect(await walk(client, { address: vip(1)[family], port: CLAIMED })).toMatch(/^pod-1 sees /);
      expect(await problems()).toEqual([
        expect.stringContaining(
          `spec.externalIPs ${both(OTHER).join(', ')}: each is an address of Node node-2`,
        ),
      ]);
    });

    it('gets the address while no Node has it, and loses it at once when one has, with open connections too', async () => {
      const [, pod] = clients;
      if (pod === undefined) throw new Error('no pod');
      await cluster.folder.drop('nodes');
      await settled(0);
      for (const family of FAMILIES) expect(await cluster.boundVips()).toContain(OTHER[family]);
      expect(await seenAt(CLAIMED)).toEqual(everywhere('pod-1'));
      // What binding another node's address does: this is what kube-proxy's IPVS mode leaves it at.
      expect(await seenAt(KUBELET)).toEqual(everywhere('refused'));
      const held = await pod.hold({ address: OTHER.IPv4, port: CLAIMED, protocol: 'TCP' });
      await cluster.folder.put('nodes', [otherNode()]);
      await settled(1);
      for (const family of FAMILIES) expect(await cluster.boundVips()).not.toContain(OTHER[family]);
      expect(await seenAt(KUBELET)).toEqual(everywhere('kubelet'));
      expect(await seenAt(CLAIMED)).toEqual(everywhere('other-node'));
      await held.close();
    });

    it('is the same after a restart, which finds nothing to do', async () => {
      await cluster.agent.stop();
      await cluster.startAgent();
      expect(await seenAt(KUBELET)).toEqual(everywhere('kubelet'));
      expect(operationsSince(cluster.agent, 0)).toEqual({});
    });
  },
);
