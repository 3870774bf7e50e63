import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NODE_WIRE, OUTSIDE_WIRE } from '../../../lab/address-plan.js';
import type { HeldConnection } from '../../../lab/held-connection.js';
import type { Host } from '../../../lab/host.js';
import type { Target } from '../../../lab/peers.js';
import { waitUntil } from '../../../lab/wait-until.js';
import { type Address, FAMILIES, type Family } from '../../../src/model/address.js';
import { PROTOCOLS } from '../../../src/model/protocol.js';
import type { VipBinding } from '../../../src/model/vip-binding.js';
import { Cluster } from './support/cluster.js';
import { dualStack } from './support/dual-stack.js';
import { everyWay, external } from './support/every-way.js';
import { IN_TEST_KERNEL } from './support/kernel-test.js';
import { walk } from './support/packet-walk.js';
import { operationsSince, who } from './support/summaries.js';
import { vip } from './support/vips.js';

const PORTS = PROTOCOLS.map((protocol) => ({
  name: protocol.toLowerCase(),
  protocol,
  port: 80,
  nodePort: 30_001,
}));

/** Nearer to the VIPs of IPv6 than any other address of the node, so that the kernel prefers it as their source. */
const NEAR_TO_VIPS = 'fd00:96::ffff:1';

/** One echo request; the exit code says whether its answer came from whom it was sent to. */
const ECHO = `
import socket, struct, sys
address = sys.argv[1]
six = ":" in address
family, protocol = (socket.AF_INET6, 58) if six else (socket.AF_INET, 1)
echo = socket.socket(family, socket.SOCK_RAW, protocol)
echo.settimeout(3)
body = struct.pack("!BBHHH", 128 if six else 8, 0, 0, 0x4b49, 1)
if not six:
    total = sum(struct.unpack("!4H", body[:8]))
    body = body[:2] + struct.pack("!H", ~((total & 0xffff) + (total >> 16)) & 0xffff) + body[4:]
echo.sendto(body, (address, 0))
while True:
    packet, sender = echo.recvfrom(4096)
    reply = packet if six else packet[20:]
    if reply[0] in ((129,) if six else (0,)) and reply[4:6] == b"\\x4b\\x49":
        sys.exit(0 if sender[0] == address else 1)
`;

describe.skipIf(!IN_TEST_KERNEL)('VIPs as routes', () => {
  let cluster: Cluster;
  let byAddresses: Record<string, string>;

  beforeAll(async () => {
    cluster = await Cluster.create({ arguments: ['--node-name', 'node-1'] });
    const { pods, remotePods, node } = cluster.lab;
    const one = pods.slice(1, 2);
    await node.namespace.ip([
      'link add elsewhere type dummy',
      'link set elsewhere up',
      `address add ${NEAR_TO_VIPS}/128 dev elsewhere nodad`,
    ]);
    await cluster.folder.put('near', everyWay({ name: 'near', number: 1, ports: PORTS, pods: one }));
    const far = PORTS.map((port) => ({ ...port, nodePort: 30_002 }));
    await cluster.folder.put('far', everyWay({ name: 'far', number: 2, ports: far, pods: [], remotePods }));
    await cluster.folder.put('none', dualStack({ name: 'none', vip: vip(3), pods: [], ports: PORTS }));
    await cluster.startAgent('addresses');
    byAddresses = await behaviour();
  });

  afterAll(() => cluster?.close());

  /** What every client sees at every VIP, with every protocol. */
  async function behaviour(): Promise<Record<string, string>> {
    const { pods, remotePods, node, remote, outside } = cluster.lab;
    const [pod, farPod] = [pods[0], remotePods[0]] as [Host, Host];
    const seen: Record<string, string> = {};
    for (const [name, client] of Object.entries({ pod, farPod, node, remote, outside }))
      for (const family of FAMILIES) {
        for (const [what, address, port] of places(family, name))
          for (const protocol of PROTOCOLS)
            seen[`${name} to ${what}, ${protocol} over ${family}`] = await walk(client, {
              address,
              port,
              protocol,
            });
        seen[`${name} sends an echo request to ${vip(1)[family]}`] = await echo(client, vip(1)[family]);
      }
    return seen;
  }

  function places(family: Family, client: string): (readonly [string, Address, number])[] {
    const node = (client === 'outside' ? OUTSIDE_WIRE : NODE_WIRE).here[family];
    return [
      ...[1, 2].flatMap((number) => [
        [`ClusterIP ${number}`, vip(number)[family], 80] as const,
        [`load balancer ${number}`, external(number)[family], 80] as const,
        [`external IP ${number}`, external(number + 100)[family], 80] as const,
        [`NodePort ${number}`, node, 30_000 + number] as const,
      ]),
      ['a Service without endpoints', vip(3)[family], 80],
      ['another port of a VIP', vip(1)[family], 81],
    ];
  }

  async function echo(client: Host, address: Address): Promise<string> {
    const { code } = await client.namespace.try(['/usr/bin/python3', '-c', ECHO, address]);
    return code === 0 ? 'answered by the VIP' : 'no answer';
  }

  const onNode = (...words: readonly string[]) => cluster.lab.node.namespace.run(words);

  async function routes(): Promise<string[]> {
    const listed: string[] = [];
    for (const family of ['-4', '-6'])
      listed.push(await onNode('ip', family, 'route', 'show', 'table', 'local', 'proto', '105'));
    return listed.flatMap((text) => text.split('\n').filter((line) => line !== '')).sort();
  }

  const addresses = () => onNode('ip', '-o', 'address', 'show', 'dev', 'kube-ipvs0');

  /** Restarts the agent, below connections that stay open and a stream of new ones; how many of those were answered. */
  async function restartBelowTraffic(vipBinding: VipBinding): Promise<number> {
    const { outside, node } = cluster.lab;
    const clients = [outside, node].flatMap((client) =>
      FAMILIES.map((family) => ({ client, target: target(family) })),
    );
    const held = await Promise.all(clients.map(({ client, target: place }) => client.hold(place)));
    const streams = clients.map(({ client, target: place }) => new Stream(client, place));
    await cluster.agent.stop();
    await cluster.startAgent(vipBinding);
    // Past the next slice of the audit, which would change over what the start left.
    await new Promise((resolve) => setTimeout(resolve, 7_000));
    await expectOpen(held);
    const counts = await Promise.all(streams.map((stream) => stream.end()));
    const failures = counts.flatMap(({ failures: some }) => some);
    expect(failures.slice(LOST_AT_MOST)).toEqual([]);
    for (const failure of failures) expect(failure).toContain('timed out');
    return Math.min(...counts.map(({ answered }) => answered));
  }

  function target(family: Family): Target {
    return { address: vip(1)[family], port: 80, protocol: 'TCP' };
  }

  async function expectOpen(held: readonly HeldConnection[]): Promise<void> {
    for (const connection of held) {
      expect(who([await connection.again()])).toEqual([connection.first.pod]);
      await connection.close();
    }
  }

  it('take the place of addresses without an interruption', async () => {
    expect(await restartBelowTraffic('routes')).toBeGreaterThan(20);
    expect(await addresses()).toBe('');
    expect(await routes()).toHaveLength(7 * FAMILIES.length);
    expect(await routes()).toContain(`local ${vip(1).IPv4} dev lo scope host metric 1024 `);
  });

  it('look to every client like addresses: pods see the same source, echo and refusals are the same', async () => {
    const answered = Object.values(byAddresses).filter((text) => text.includes(' sees '));
    expect(answered.length).toBeGreaterThan(200);
    expect(await behaviour()).toEqual(byAddresses);
  });

  it('are the source that the node chooses in IPv4; in IPv6, where it cannot be, pods see the node all the same', async () => {
    expect(await onNode('ip', 'route', 'get', vip(2).IPv4)).toContain(`src ${vip(2).IPv4} `);
    expect(await onNode('ip', '-6', 'route', 'get', vip(2).IPv6)).toContain(`src ${NEAR_TO_VIPS} `);
    const { node } = cluster.lab;
    for (const family of FAMILIES)
      expect(await walk(node, { address: vip(2)[family], port: 80 })).toBe(
        `remote-pod sees ${node.addresses[family]}`,
      );
  });

  it('are no addresses of the node: no NodePort is served on them', async () => {
    const servers = await onNode('ipvsadm', '-S', '-n');
    for (const family of FAMILIES)
      expect(
        servers.split('\n').filter((line) => line.includes(`${vip(1)[family]}`) && line.includes(':3000')),
      ).toEqual([]);
    expect(servers).toContain(`-A -t ${NODE_WIRE.here.IPv4}:30001 `);
  });

  it('are found by the next start, which writes nothing, and are what status, why, diff and services speak of', async () => {
    const before = await routes();
    await cluster.agent.stop();
    await cluster.startAgent('routes');
    expect(operationsSince(cluster.agent, 0)).toEqual({});
    expect(await routes()).toEqual(before);
    const { stdout: diff, code } = await cluster.command('diff');
    expect({ diff, code }).toMatchObject({ code: 0 });
    const { stdout: why } = await cluster.command('why', 'near');
    expect(why).toContain(`${vip(1).IPv4} is bound, guarded, open`);
    expect(why).not.toContain('KIP302');
    const { stdout: services } = await cluster.command('services', 'near');
    expect(services).toContain(`${vip(1).IPv4}:80`);
  });

  it('are put back at once where somebody deletes one', async () => {
    const before = await routes();
    for (const family of FAMILIES)
      await onNode(
        'ip',
        'route',
        'del',
        'local',
        vip(1)[family],
        'dev',
        'lo',
        'table',
        'local',
        'proto',
        '105',
      );
    await waitUntil(async () => (await routes()).join() === before.join(), {
      what: 'the routes',
      seconds: 20,
    });
  });

  it('stay where addresses of the device went, when it is set up and down or removed', async () => {
    const before = await routes();
    for (const state of ['up', 'down']) await onNode('ip', 'link', 'set', 'kube-ipvs0', state);
    expect(await routes()).toEqual(before);
    await onNode('ip', 'link', 'del', 'kube-ipvs0');
    expect(await routes()).toEqual(before);
    await waitUntil(() => onNode('ip', 'link', 'show', 'kube-ipvs0').catch(() => false), {
      what: 'the device',
    });
    for (const state of ['down', 'up']) await onNode('ip', 'link', 'set', 'lo', state);
    await waitUntil(async () => (await routes()).join() === before.join(), {
      what: 'the routes',
      seconds: 40,
    });
  });

  // A device of IPv4 takes its routes along with its last address, and nothing tells of that.
  it('are put back within 30 s where the kernel tells nobody', async () => {
    const before = await routes();
    await onNode('ip', '-4', 'address', 'flush', 'dev', 'lo');
    const lost = performance.now();
    expect(await routes()).toHaveLength(before.length / 2);
    await onNode('ip', 'address', 'add', '127.0.0.1/8', 'dev', 'lo', 'scope', 'host');
    await waitUntil(async () => (await routes()).join() === before.join(), {
      what: 'the routes',
      seconds: 60,
    });
    expect(performance.now() - lost).toBeLessThan(35_000);
  });

  it('follow Services that come and go', async () => {
    const before = await routes();
    await cluster.folder.put('more', dualStack({ name: 'more', vip: vip(9), pods: cluster.lab.pods }));
    await waitUntil(async () => (await routes()).length === before.length + 2, { what: 'two routes more' });
    await cluster.folder.drop('more');
    await waitUntil(async () => (await routes()).join() === before.join(), { what: 'the routes to go' });
    expect(await addresses()).toBe('');
  });

  it('give their place to addresses without an interruption', async () => {
    expect(await restartBelowTraffic('addresses')).toBeGreaterThan(20);
    expect(await routes()).toEqual([]);
    expect((await addresses()).trim().split('\n')).toHaveLength(7 * FAMILIES.length);
    expect(await behaviour()).toEqual(byAddresses);
  });

  it('go with cleanup, whatever the setting', async () => {
    await cluster.agent.stop();
    await cluster.startAgent('routes');
    expect(await routes()).not.toEqual([]);
    await cluster.agent.stop();
    const { code, stderr } = await cluster.command('cleanup');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(await routes()).toEqual([]);
    expect((await cluster.lab.node.namespace.try(['ip', 'link', 'show', 'kube-ipvs0'])).code).not.toBe(0);
  });
});

/**
 * Of several hundred connections that begin meanwhile. One from the node was seen to get no answer within three seconds,
 * on Linux 7.2, in one of more than ten runs; why is not known.
 */
const LOST_AT_MOST = 1;

/** New connections, one after the other, until it is told to end. */
class Stream {
  readonly #failures: string[] = [];
  #answered = 0;
  #isOver = false;
  readonly #work: Promise<void>;

  constructor(client: Host, target: Target) {
    this.#work = this.#run(client, target);
  }

  async end(): Promise<{ readonly answered: number; readonly failures: readonly string[] }> {
    this.#isOver = true;
    await this.#work;
    return { answered: this.#answered, failures: this.#failures };
  }

  async #run(client: Host, target: Target): Promise<void> {
    while (!this.#isOver) {
      const { kind, milliseconds } = await client.ask(target);
      if (kind === 'answered') this.#answered++;
      else this.#failures.push(`${client.name} to ${target.address}: ${kind} after ${milliseconds} ms`);
    }
  }
}
