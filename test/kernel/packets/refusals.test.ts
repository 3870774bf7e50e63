import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Host } from '../../../lab/host.js';
import type { Target } from '../../../lab/peers.js';
import { FAMILIES } from '../../../src/model/address.js';
import { PROTOCOLS } from '../../../src/model/protocol.js';
import { Cluster, POD_PORT } from './support/cluster.js';
import { dualStack } from './support/dual-stack.js';
import { IN_TEST_KERNEL, WITH_NEIGHBOURS } from './support/kernel-test.js';
import { tally } from './support/summaries.js';
import { vip } from './support/vips.js';

const EMPTY = vip(1);
const SERVED = vip(2);
const EMPTIED = vip(3);

const DAEMON_PORT = 2222;

/** Milliseconds, in an emulated machine; a client that learns of the refusal only at its second try takes a second. */
const AT_ONCE = 700;

/** One of so many may take longer than that for no other reason than a busy machine. */
const TRIES = 3;

const EVERY_PROTOCOL = PROTOCOLS.map((protocol) => ({ name: protocol.toLowerCase(), protocol, port: 80 }));

describe.skipIf(!IN_TEST_KERNEL)('what is refused', () => {
  let cluster: Cluster;
  let clients: Readonly<Record<string, Host | undefined>>;

  beforeAll(async () => {
    cluster = await Cluster.create();
    const { pods, remotePods, node, outside } = cluster.lab;
    clients = { 'a pod': pods[0], 'a pod of another node': remotePods[0], 'the host itself': node, outside };
    await Promise.all(PROTOCOLS.map((protocol) => node.serve(DAEMON_PORT, protocol)));
    const ports = EVERY_PROTOCOL;
    await cluster.folder.put('empty', dualStack({ name: 'empty', vip: EMPTY, pods: [], ports }));
    await cluster.folder.put('served', dualStack({ name: 'served', vip: SERVED, pods, ports }));
    await cluster.folder.put('emptied', dualStack({ name: 'emptied', vip: EMPTIED, pods, ports }));
    await cluster.startAgent();
  });

  afterAll(() => cluster?.close());

  async function refusesAtOnce(name: string, target: Target): Promise<void> {
    const times: number[] = [];
    while (times.length < TRIES && !times.some((time) => time < AT_ONCE)) {
      const answer = await clients[name]?.ask(target);
      expect(answer?.kind).toBe('refused');
      times.push(answer?.milliseconds ?? Number.NaN);
    }
    expect(Math.min(...times)).toBeLessThan(AT_ONCE);
  }

  for (const name of ['a pod', 'a pod of another node', 'the host itself', 'outside'])
    for (const family of FAMILIES)
      for (const protocol of PROTOCOLS) {
        it(`refuses ${protocol} over ${family} from ${name} at once where a Service has no endpoints`, async () => {
          await refusesAtOnce(name, { address: EMPTY[family], port: 80, protocol });
        });

        it(`keeps ${name} off a daemon of the node by a VIP: ${protocol} over ${family}`, async () => {
          await refusesAtOnce(name, { address: SERVED[family], port: DAEMON_PORT, protocol });
        });
      }

  it.skipIf(WITH_NEIGHBOURS)('leaves the daemon open on the node\u2019s own address', async () => {
    const { node, outside } = cluster.lab;
    const address = node.addresses.IPv4;
    expect((await outside.ask({ address, port: DAEMON_PORT, protocol: 'TCP' })).kind).toBe('answered');
  });

  it('tells in the status which frontends it refuses', async () => {
    const report = await cluster.agent.status();
    expect(report?.withoutEndpoints.map(({ frontend }) => frontend).sort()).toEqual(
      [EMPTY.IPv4, `[${EMPTY.IPv6}]`]
        .flatMap((address) => PROTOCOLS.map((protocol) => `${address}:80/${protocol}`))
        .sort(),
    );
  });

  it('refuses as soon as the last endpoint has gone, and serves again when one is back', async () => {
    const { pods, outside } = cluster.lab;
    const target = { address: EMPTIED.IPv4, port: 80, protocol: 'TCP' } as const;
    expect((await outside.ask(target)).kind).toBe('answered');
    await cluster.folder.put(
      'emptied',
      dualStack({ name: 'emptied', vip: EMPTIED, pods: [], ports: EVERY_PROTOCOL }),
    );
    await cluster.agent.until(
      'the Service to be empty',
      ({ agent, withoutEndpoints }) =>
        agent?.synced === true &&
        withoutEndpoints.some(({ frontend }) => frontend === `${EMPTIED.IPv4}:80/TCP`),
    );
    expect((await outside.ask(target)).kind).toBe('refused');
    await cluster.folder.put(
      'emptied',
      dualStack({ name: 'emptied', vip: EMPTIED, pods, ports: EVERY_PROTOCOL }),
    );
    await cluster.agent.until(
      'the Service to have endpoints',
      ({ agent, withoutEndpoints }) =>
        agent?.synced === true && !withoutEndpoints.some(({ frontend }) => frontend.startsWith(EMPTIED.IPv4)),
    );
    expect(tally(await outside.askTimes(3, target))).toEqual({ 'pod-0': 1, 'pod-1': 1, 'pod-2': 1 });
  });

  it('does not fill the kernel log with one line a refused packet', async () => {
    const before = await complaints(cluster);
    await cluster.lab.outside.ask({ address: EMPTY.IPv4, port: 80, protocol: 'UDP' });
    expect(await complaints(cluster)).toBe(before);
  });

  it('serves the pods\u2019 own port on no VIP', async () => {
    const target = { address: SERVED.IPv4, port: POD_PORT, protocol: 'TCP' } as const;
    expect((await cluster.lab.outside.ask(target)).kind).toBe('refused');
  });
});

/** Lines that IPVS writes for a packet to a virtual server without real servers. */
async function complaints({ lab }: Cluster): Promise<number> {
  const log = await lab.node.namespace.run(['dmesg']);
  return log.split('no destination available').length - 1;
}
