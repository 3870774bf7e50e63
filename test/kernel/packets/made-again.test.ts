import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OUTSIDE_WIRE } from '../../../lab/address-plan.js';
import type { Answer } from '../../../lab/answer.js';
import type { Host } from '../../../lab/host.js';
import { waitUntil } from '../../../lab/wait-until.js';
import { type Address, FAMILIES, type Family } from '../../../src/model/address.js';
import { hostPort } from '../../../src/model/frontend.js';
import { PROTOCOLS, type Protocol } from '../../../src/model/protocol.js';
import { Cluster } from './support/cluster.js';
import { everyWay, external } from './support/every-way.js';
import { IN_TEST_KERNEL } from './support/kernel-test.js';
import { vip } from './support/vips.js';

const DATAGRAMS = PROTOCOLS.filter((protocol) => protocol !== 'TCP');
const SOURCE_PORT = 40_000;

describe.skipIf(!IN_TEST_KERNEL)('a deleted Service that is made again with the same addresses', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await Cluster.create({ arguments: ['--node-name', 'node-1'] });
    await cluster.startAgent();
  });

  afterAll(() => cluster?.close());

  /** Waits until the virtual server is in the kernel, or gone from it. */
  async function until(there: boolean, key: string): Promise<void> {
    await cluster.agent.until(
      `${key} to be ${there ? 'there' : 'gone'}`,
      (report) => report.virtualServers.some(({ frontend }) => frontend === key) === there,
    );
  }

  const names = (protocol: Protocol, backends: { pods: readonly Host[]; remotePods?: readonly Host[] }) =>
    everyWay({ name: 'names', number: 7, ports: [{ protocol, port: 53, nodePort: 30_053 }], ...backends });

  const places = (family: Family): { way: string; address: Address; port: number }[] => [
    { way: 'ClusterIP', address: vip(7)[family], port: 53 },
    { way: "load balancer's address", address: external(7)[family], port: 53 },
    { way: 'NodePort', address: OUTSIDE_WIRE.here[family], port: 30_053 },
  ];

  const podOf = (answer: Answer) => (answer.kind === 'answered' ? answer.pod : answer.kind);

  for (const protocol of DATAGRAMS)
    for (const family of FAMILIES)
      for (const [index, { way, address, port }] of places(family).entries())
        it(`sends a client that kept its source port, and asked meanwhile, to the new pods: ${protocol} ${family} ${way}`, async () => {
          const { outside, pods, remotePods } = cluster.lab;
          const target = { address, port, protocol, sourcePort: SOURCE_PORT + index, patience: 500 };
          const ask = async () => podOf(await outside.ask(target));
          const key = `${hostPort(address, port)}/${protocol}`;
          await cluster.folder.put('names', names(protocol, { pods: pods.slice(0, 1) }));
          await until(true, key);
          await waitUntil(async () => (await ask()) === 'pod-0', { what: 'the first pod to answer' });
          await cluster.folder.drop('names');
          await until(false, key);
          expect(await ask()).not.toBe('pod-0');
          await cluster.folder.put('names', names(protocol, { pods: [], remotePods }));
          await until(true, key);
          await waitUntil(async () => (await ask()) === 'remote-pod', {
            what: 'the new pod to answer',
          });
          await cluster.folder.drop('names');
          await until(false, key);
        });
});
