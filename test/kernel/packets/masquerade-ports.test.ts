import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OUTSIDE_WIRE } from '../../../lab/address-plan.js';
import type { Host } from '../../../lab/host.js';
import { waitUntil } from '../../../lab/wait-until.js';
import { FAMILIES } from '../../../src/model/address.js';
import { Cluster, POD_PORT } from './support/cluster.js';
import { everyWay } from './support/every-way.js';
import { IN_TEST_KERNEL } from './support/kernel-test.js';
import { vip } from './support/vips.js';

const NODE_PORT = 30_001;
/** Where a pod accepts connections and says nothing. */
const SILENT_PORT = 9_377;

/** More than the first range of ports holds (28,976), and nearly all that connect() has of one parity. */
const MANY = 30_000;

/** Sends one TCP segment with a right checksum and a sequence number far outside of every window. */
const STRAY_SEGMENT = `
import socket, struct, sys
source, target, source_port, target_port = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
def total(data): return sum(struct.unpack('!%dH' % (len(data) // 2), data))
def segment(checksum): return struct.pack('!HHIIBBHHH', source_port, target_port, 0x7fffffff, 1, 0x50, 0x10, 500, checksum, 0)
pseudo = socket.inet_aton(source) + socket.inet_aton(target) + struct.pack('!HH', 6, 20)
number = total(pseudo + segment(0))
while number >> 16: number = (number & 0xffff) + (number >> 16)
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
raw.bind((source, 0))
raw.sendto(segment(~number & 0xffff), (target, 0))
`;

describe.skipIf(!IN_TEST_KERNEL)('a masqueraded connection', () => {
  let cluster: Cluster;
  let pod: Host;

  beforeAll(async () => {
    cluster = await Cluster.create();
    const [first] = cluster.lab.pods;
    if (first === undefined) throw new Error('a pod expected');
    pod = first;
    const ports = [{ port: 80, nodePort: NODE_PORT }];
    await cluster.folder.put('web', everyWay({ name: 'web', number: 1, ports, pods: [pod] }));
    await cluster.startAgent();
  });

  afterAll(() => cluster?.close());

  const clientPort = async (client: Host, address: Host['addresses']['IPv4'], port: number, own?: number) => {
    const target = { address, port, protocol: 'TCP', ...(own && { sourcePort: own }) } as const;
    const answer = await client.ask(target);
    return answer.kind === 'answered' ? answer.clientPort : Number.NaN;
  };

  for (const family of FAMILIES) {
    it(`keeps a port below 1024 for a client that has one (${family})`, async () => {
      const { node, outside } = cluster.lab;
      const seen = [
        await clientPort(node, vip(1)[family], 80, 902),
        await clientPort(outside, OUTSIDE_WIRE.here[family], NODE_PORT, 903),
      ];
      for (const port of seen) expect(port).toSatisfy((number: number) => number >= 600 && number < 1024);
    });

    it(`has a port on either side of the NodePort range (${family})`, async () => {
      const { outside } = cluster.lab;
      const sides = new Set<string>();
      for (let own = 40_000; own < 40_016; own++) {
        const port = await clientPort(outside, OUTSIDE_WIRE.here[family], NODE_PORT, own);
        sides.add(port >= 1024 && port < 30_000 ? 'below' : port > 32_767 ? 'above' : `wrong: ${port}`);
      }
      expect([...sides].sort()).toEqual(['above', 'below']);
    });
  }

  it('lets no segment out of its window reach the pod with the address of the client', async () => {
    const { outside } = cluster.lab;
    const [client, address] = [outside.addresses.IPv4, OUTSIDE_WIRE.here.IPv4];
    await pod.namespace.run(
      ['nft', '-f', '-'],
      `add table ip seen
add chain ip seen input { type filter hook input priority 0; }
add rule ip seen input ip saddr ${client} tcp dport ${POD_PORT} counter`,
    );
    const held = await outside.hold({ address, port: NODE_PORT, protocol: 'TCP', sourcePort: 41_000 });
    const words = [client, address, '41000', String(NODE_PORT)];
    await outside.namespace.run(['/usr/bin/python3', '-c', STRAY_SEGMENT, ...words]);
    expect(await held.again()).toMatchObject({ kind: 'answered' });
    expect(await pod.namespace.run(['nft', 'list', 'table', 'ip', 'seen'])).toContain('packets 0 ');
    await held.close();
  });

  it(`has a port when ${MANY} to one pod are open at once`, { timeout: 600_000 }, async () => {
    const { outside } = cluster.lab;
    await outside.write('/proc/sys/net/ipv4/ip_local_port_range', '1024 65535');
    await pod.accept(SILENT_PORT, 'TCP');
    const [port, nodePort] = [81, 30_002];
    const many = { name: 'many', number: 2, ports: [{ port, nodePort }], podPort: SILENT_PORT, pods: [pod] };
    await cluster.folder.put('many', everyWay(many));
    const target = { address: OUTSIDE_WIRE.here.IPv4, port: nodePort, protocol: 'TCP' } as const;
    const isServed = () =>
      outside
        .holdMany(1, target)
        .then((close) => close())
        .then(() => true);
    await waitUntil(() => isServed().catch(() => false), { what: 'the NodePort to be served' });
    await (await outside.holdMany(MANY, { ...target, patience: 10_000 }))();
  });
});
