import { release } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Host } from '../../../lab/host.js';
import { waitUntil } from '../../../lab/wait-until.js';
import { type Address, FAMILIES } from '../../../src/model/address.js';
import { Cluster } from './support/cluster.js';
import { everyWay, external } from './support/every-way.js';
import { IN_TEST_KERNEL } from './support/kernel-test.js';
import { vip } from './support/vips.js';

/**
 * Linux 7.2.13, and not 6.12, has nftables silently leave alone what a rule writes over most of the IP header, DF among
 * it ("netfilter: nftables: restrict linklayer and network header writes").
 */
const [MAJOR = 0, MINOR = 0] = release().split('.').map(Number.parseFloat);
const ARE_FLAGS_WRITTEN = MAJOR < 7 || (MAJOR === 7 && MINOR < 2);

/** More than two packets of the way to a pod, whose MTU is 1,500. */
const SIZE = 4_000;
const TIMES = 4;
const ECHO_PORT = 9_378;

const SERVER = `
import socket, sys, threading
def serve(family, address):
    s = socket.socket(family, socket.SOCK_DGRAM)
    if family == socket.AF_INET6: s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    s.bind((address, int(sys.argv[1])))
    while True:
        data, client = s.recvfrom(65535)
        s.sendto(data, client)
threading.Thread(target=serve, args=(socket.AF_INET, '0.0.0.0'), daemon=True).start()
serve(socket.AF_INET6, '::')
`;

/** Prints what each datagram came to: the size of its answer, or why there was none. */
const CLIENT = `
import errno, socket, sys
address, port, size, times = sys.argv[1], *map(int, sys.argv[2:])
s = socket.socket(socket.AF_INET6 if ':' in address else socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(1)
s.connect((address, port))
for _ in range(times):
    try:
        s.send(b'x' * size)
        print(len(s.recv(65535)))
    except socket.timeout: print('silence')
    except OSError as error: print(errno.errorcode[error.errno])
`;

describe.skipIf(!IN_TEST_KERNEL)(`UDP datagrams of ${SIZE} bytes to a Service`, () => {
  let cluster: Cluster;
  let server: Promise<unknown>;

  beforeAll(async () => {
    cluster = await Cluster.create();
    const [pod] = cluster.lab.pods as [Host];
    server = pod.namespace.try(['timeout', '300', '/usr/bin/python3', '-c', SERVER, String(ECHO_PORT)]);
    const ports = [{ port: 53, protocol: 'UDP' as const }];
    for (const [number, externalTrafficPolicy] of [[1, 'Cluster'] as const, [2, 'Local'] as const])
      await cluster.folder.put(
        `echo-${number}`,
        everyWay({
          name: `echo-${number}`,
          number,
          ports,
          podPort: ECHO_PORT,
          pods: [pod],
          spec: { externalTrafficPolicy },
        }),
      );
    await cluster.startAgent();
    await waitUntil(async () => (await send(cluster.lab.node, vip(1).IPv4, 10, 1))[0] === '10', {
      what: 'the pod to serve',
    });
  });

  afterAll(async () => {
    await cluster?.close();
    void server;
  });

  async function send(client: Host, address: Address, size = SIZE, times = TIMES): Promise<string[]> {
    const words = ['/usr/bin/python3', '-c', CLIENT, address, ...[53, size, times].map(String)];
    return (await client.namespace.run(words)).trim().split('\n');
  }

  const answered = Array.from({ length: TIMES }, () => String(SIZE));

  for (const family of FAMILIES)
    it(`are answered, all of them, where a pod or another machine sends them (${family})`, async () => {
      const { pods, outside } = cluster.lab;
      for (const client of [pods[1] as Host, outside])
        for (const way of [vip(1), external(1), external(2)])
          expect(await send(client, way[family])).toEqual(answered);
    });

  const fromNode = [vip(1), external(1), vip(2), external(2)].map((way) => way.IPv4);

  it.runIf(ARE_FLAGS_WRITTEN)(
    'are answered, all of them, where the node itself sends them (IPv4)',
    async () => {
      for (const address of fromNode) expect(await send(cluster.lab.node, address)).toEqual(answered);
    },
  );

  it.skipIf(ARE_FLAGS_WRITTEN)(
    'are too large for IPVS where the node itself sends them and no rule may take DF off, which the sender learns (IPv4)',
    async () => {
      for (const address of fromNode)
        expect(new Set(await send(cluster.lab.node, address))).toEqual(new Set(['EMSGSIZE']));
    },
  );

  it('are too large for IPVS where the node itself sends them, which the sender learns (IPv6)', async () => {
    for (const way of [vip(1), external(2)])
      expect(new Set(await send(cluster.lab.node, way.IPv6))).toEqual(new Set(['EMSGSIZE']));
    expect(await send(cluster.lab.node, vip(1).IPv6, 1_400)).toEqual(answered.map(() => '1400'));
  });
});
