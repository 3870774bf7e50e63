import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Host } from '../../../lab/host.js';
import { Peers } from '../../../lab/peers.js';
import { type Address, FAMILIES } from '../../../src/model/address.js';
import { hostPort } from '../../../src/model/frontend.js';
import { Cluster } from './support/cluster.js';
import { dualStack } from './support/dual-stack.js';
import { IN_TEST_KERNEL } from './support/kernel-test.js';
import { tally } from './support/summaries.js';
import { vip } from './support/vips.js';

const DNS = vip(10);
const CLOSED_PORT = 54;
const PROTOCOLS = ['UDP', 'TCP'] as const;
const PORTS = [
  { name: 'dns', protocol: 'UDP', port: 53 },
  { name: 'dns-tcp', protocol: 'TCP', port: 53 },
  { name: 'metrics', protocol: 'TCP', port: 9_153 },
] as const;

/** Milliseconds: a second until the next look, and the time of an emulated machine. */
const TAKEN_OVER = 2_500;

/** The rules that NodeLocal DNSCache writes for each of its addresses (node-cache, iptables raw), in words of nft. */
const NOTRACK = `
table ip node-cache {
  chain prerouting { type filter hook prerouting priority raw; ip daddr ${DNS.IPv4} meta l4proto { tcp, udp } th dport 53 notrack; }
  chain output {
    type filter hook output priority raw;
    ip daddr ${DNS.IPv4} meta l4proto { tcp, udp } th dport 53 notrack
    ip saddr ${DNS.IPv4} meta l4proto { tcp, udp } th sport 53 notrack
  }
}
`;

describe.skipIf(!IN_TEST_KERNEL)('a Service with the annotation for processes of the node', () => {
  let cluster: Cluster;
  let node: Host;
  let clients: readonly (readonly [string, Host])[];
  let cache: Peers | undefined;

  const putService = (annotations: Readonly<Record<string, string>>) => {
    const objects = dualStack({ name: 'dns', vip: DNS, pods: cluster.lab.pods, ports: PORTS });
    const [service, ...slices] = objects as [{ metadata: object }, ...object[]];
    return cluster.folder.put('dns', [
      { ...service, metadata: { ...service.metadata, annotations } },
      ...slices,
    ]);
  };

  beforeAll(async () => {
    cluster = await Cluster.create();
    const { pods, remotePods } = cluster.lab;
    node = cluster.lab.node;
    clients = [
      ['a pod', pods[0] as Host],
      ['a pod of another node', remotePods[0] as Host],
      ['the node itself', node],
    ];
    await putService({ 'kube-ipvs-proxy.io/node-local': 'prefer' });
    await cluster.startAgent();
  });

  afterAll(async () => {
    cache?.stop();
    await cluster?.close();
  });

  afterEach(async () => {
    await stop();
    await node.namespace.try(['nft', 'delete', 'table', 'ip', 'node-cache']);
    await nodeLocal(0);
  });

  /** As NodeLocal DNSCache does: the VIP on a dummy device of its own, which stays down, and a process on port 53. */
  const start = async () => {
    await node.namespace.ip([
      'link add nodelocaldns type dummy',
      `address add ${DNS.IPv4}/32 dev nodelocaldns`,
      `address add ${DNS.IPv6}/128 dev nodelocaldns nodad`,
    ]);
    await listen(({ IPv4, IPv6 }) => [IPv4, IPv6]);
  };
  const listen = async (addresses: (dns: typeof DNS) => readonly string[]) => {
    cache = await Peers.start();
    for (const address of addresses(DNS))
      for (const protocol of PROTOCOLS) await cache.serve(node.namespace, protocol, address, 53, 'cache');
  };
  const stop = async () => {
    cache?.stop();
    cache = undefined;
    await node.namespace.try(['ip', 'link', 'del', 'nodelocaldns']);
  };
  const nodeLocal = (frontends: number) =>
    cluster.agent.until(
      `${frontends} frontends to be left to a process of the node`,
      ({ agent, nodeLocal: left = [] }) => agent?.synced === true && left.length === frontends,
    );
  const pod = async (client: Host, address: Address, port: number, protocol: 'UDP' | 'TCP') => {
    const answer = await client.ask({ address, port, protocol });
    return answer.kind === 'answered' ? answer.pod : answer.kind;
  };
  const all = async () => {
    const answers: Record<string, string> = {};
    for (const [name, client] of clients)
      for (const family of FAMILIES)
        for (const protocol of PROTOCOLS)
          answers[`${name}, ${protocol} over ${family}`] = await pod(client, DNS[family], 53, protocol);
    return answers;
  };
  const alike = async (who: RegExp) => Object.entries(await all()).filter(([, answer]) => !who.test(answer));

  /** Milliseconds until a pod answers, asked again and again with a short patience. */
  const untilPod = async (client: Host, protocol: 'UDP' | 'TCP') => {
    const began = performance.now();
    for (;;) {
      const answer = await client.ask({ address: DNS.IPv4, port: 53, protocol, patience: 100 });
      const milliseconds = Math.round(performance.now() - began);
      if (answer.kind === 'answered' && answer.pod.startsWith('pod-')) return milliseconds;
      if (milliseconds > 10_000) return Number.NaN;
    }
  };

  it('is served by its pods as long as nobody listens', async () => {
    expect(await alike(/^pod-/)).toEqual([]);
  });

  it('is left to the process that listens, for pods, other nodes\u2019 pods and the node itself', async () => {
    await start();
    await nodeLocal(4);
    expect(await alike(/^cache$/)).toEqual([]);
    expect(await cluster.lab.node.namespace.run(['cat', '/proc/net/ip_vs'])).not.toMatch(/:0035 /);
  });

  it('keeps its other ports, and refuses the rest of its ClusterIP', async () => {
    await start();
    await nodeLocal(4);
    const target = { address: DNS.IPv4, port: 9_153, protocol: 'TCP' } as const;
    expect(tally(await node.askTimes(3, target))).toEqual({ 'pod-0': 1, 'pod-1': 1, 'pod-2': 1 });
    for (const [name, client] of clients)
      expect([name, await pod(client, DNS.IPv4, CLOSED_PORT, 'UDP')]).toEqual([name, 'refused']);
  });

  it('is served by its pods again within a second or two after the process died', async () => {
    const taken: Record<string, number> = {};
    for (const protocol of PROTOCOLS)
      for (const [name, client] of clients.slice(0, 2)) {
        await start();
        await nodeLocal(4);
        cache?.stop();
        taken[`${protocol} for ${name}`] = await untilPod(client, protocol);
        await stop();
      }
    expect(Object.entries(taken).filter(([, time]) => !(time < TAKEN_OVER))).toEqual([]);
    expect(await alike(/^pod-/)).toEqual([]);
  });

  it('stays reachable while the process takes its device with it', async () => {
    await start();
    await nodeLocal(4);
    await stop();
    await nodeLocal(0);
    expect(await alike(/^pod-/)).toEqual([]);
  });

  it('loses no query of a client that keeps its source port', async () => {
    const [, client] = clients[0] as readonly [string, Host];
    const held = await client.hold({ address: DNS.IPv4, port: 53, protocol: 'UDP' });
    expect(held.first.pod).toMatch(/^pod-/);
    await start();
    await nodeLocal(4);
    expect(await held.again()).toMatchObject({ kind: 'answered', pod: 'cache' });
    await stop();
    await nodeLocal(0);
    expect(await held.again()).toMatchObject({ kind: 'answered', pod: expect.stringMatching(/^pod-/) });
    await held.close();
  });

  it('resets connections to pods at their next packet once the process has the frontend', async () => {
    const [, client] = clients[0] as readonly [string, Host];
    const held = await client.hold({ address: DNS.IPv4, port: 53, protocol: 'TCP' });
    await start();
    await nodeLocal(4);
    const again = await held.again();
    expect(again.kind).toBe('reset');
    expect(again.milliseconds).toBeLessThan(TAKEN_OVER);
    await held.close();
  });

  it('takes a process that listens on all addresses for none that means its ClusterIP', async () => {
    await listen(() => ['0.0.0.0', '::']);
    await new Promise((resolve) => setTimeout(resolve, 2 * TAKEN_OVER));
    expect(await alike(/^pod-/)).toEqual([]);
    expect((await cluster.agent.status())?.nodeLocal).toEqual([]);
  });

  it('works with the rules of NodeLocal DNSCache, which keep connection tracking away, and after it died too', async () => {
    await node.namespace.run(['nft', '-f', '-'], NOTRACK);
    await start();
    await nodeLocal(4);
    expect(await alike(/^cache$/)).toEqual([]);
    cache?.stop();
    await nodeLocal(0);
    for (const protocol of PROTOCOLS)
      for (const [name, client] of clients.slice(0, 2))
        expect([name, protocol, await pod(client, DNS.IPv4, 53, protocol)]).toEqual([
          name,
          protocol,
          expect.stringMatching(/^pod-/),
        ]);
    const own = await node.ask({ address: DNS.IPv4, port: 53, protocol: 'UDP' });
    expect(own.kind).toBe('timed out');
  });

  it('is told in services, status and why', async () => {
    await start();
    const report = await nodeLocal(4);
    const keys = FAMILIES.flatMap((family) =>
      PROTOCOLS.map((protocol) => `${hostPort(DNS[family], 53)}/${protocol}`),
    );
    expect(report.nodeLocal?.map(({ frontend }) => frontend).sort()).toEqual(keys.sort());
    const services = await cluster.command('services', 'dns');
    expect(services.stdout).toContain('node-local: a process of this node listens there');
    const why = await cluster.command('why', 'dns', '--port', '53');
    expect(why.stdout).toContain('KIP207');
    expect([services.code, why.code]).toEqual([0, 0]);
    const plan = await cluster.command('plan', '--manifests', cluster.folder.path);
    expect(plan.stdout).toContain('Nothing to change');
  });

  it('is served by its pods although a process listens, once the annotation is gone', async () => {
    await start();
    await nodeLocal(4);
    await putService({});
    await nodeLocal(0);
    expect(await alike(/^pod-/)).toEqual([]);
  });
});
