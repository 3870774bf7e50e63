import { afterEach, describe, expect, it } from 'vitest';
import { NODE_PODS } from '../../lab/address-plan.js';
import { waitUntil } from '../../lab/wait-until.js';
import { FAMILIES } from '../../src/model/address.js';
import { Cluster, POD_PORT } from './packets/support/cluster.js';
import { dualStack } from './packets/support/dual-stack.js';
import { IN_FULL_KERNEL } from './packets/support/kernel-test.js';
import { operationsSince, tally } from './packets/support/summaries.js';
import { vip } from './packets/support/vips.js';
import { initNodeIn } from './support/init-node-in.js';
import { type IptablesVariant, layDownKubeProxy } from './support/kube-proxy-state.js';
import { MAIN_CONTAINER } from './support/main-container.js';
import { SteadyConversation } from './support/steady-conversation.js';

const WEB = vip(1);
const GONE = vip(2);
const TARGET = { address: WEB.IPv4, port: 80, protocol: 'TCP' } as const;

/** As keepalived would have it: an address of its own, on no device of ours. */
const FOREIGN = ['-A -t 192.0.2.1:80 -s wlc -p 77', '-a -t 192.0.2.1:80 -r 192.0.2.7:8080 -m -w 5'];

const POD_CIDRS = { IPv4: '10.244.0.0/16', IPv6: 'fd00:244::/32' };

/** What a connection may wait, in milliseconds: 1,338 was seen in one of four emulated kernels on two cores. */
const LONGEST_WAIT = 6000;

/** In an emulated kernel on a busy machine, each start of the agent takes many seconds. */
const PATIENCE = 300_000;

describe.skipIf(!IN_FULL_KERNEL)('an agent that takes over from kube-proxy', { timeout: PATIENCE }, () => {
  let cluster: Cluster;

  const talks: SteadyConversation[] = [];

  afterEach(async () => {
    await Promise.allSettled(talks.splice(0).map((conversation) => conversation.end()));
    await cluster?.close();
  });

  async function clusterOfKubeProxy(variant: IptablesVariant): Promise<void> {
    cluster = await Cluster.create({
      within: MAIN_CONTAINER,
      arguments: ['--adopt', '--cluster-cidr', Object.values(POD_CIDRS).join(','), '--drain-deadline', '2'],
    });
    const pods = FAMILIES.map((family) => cluster.lab.pods.map(({ addresses }) => addresses[family]));
    const services = [WEB, GONE].flatMap((addresses) =>
      FAMILIES.map((family, index) => ({
        vip: addresses[family],
        port: 80,
        pods: pods[index] ?? [],
        podPort: POD_PORT,
      })),
    );
    await initNodeIn(cluster.lab.node.namespace);
    await layDownKubeProxy(cluster.lab.node.namespace, services, POD_CIDRS, variant);
    await run('ipvsadm', ['-R'], FOREIGN.join('\n'));
    await cluster.folder.put('web', dualStack({ name: 'web', vip: WEB, pods: cluster.lab.pods }));
  }

  function run(command: string, words: readonly string[], stdin = ''): Promise<string> {
    return cluster.lab.node.namespace.run([command, ...words], stdin);
  }

  async function savedServers(): Promise<string[]> {
    return (await run('ipvsadm', ['-S', '-n']))
      .trim()
      .split('\n')
      .map((line) => line.trim());
  }

  async function talk(address = WEB.IPv4): Promise<SteadyConversation> {
    const conversation = new SteadyConversation(await cluster.lab.outside.hold({ ...TARGET, address }));
    talks.push(conversation);
    return conversation;
  }

  /** The agent says what it removed when everything is programmed already; ip_set takes its time. */
  async function removal(words: string): Promise<void> {
    await waitUntil(async () => cluster.agent.log.some((line) => line.includes(words)), {
      what: `the agent to say '${words}'`,
      seconds: 120,
    });
  }

  it('keeps every connection, in both families, and removes all that kube-proxy left', async () => {
    await clusterOfKubeProxy('nft');
    await Promise.all([talk(), talk(WEB.IPv6)]);
    await cluster.startAgent();
    await removal('ipsets of kube-proxy');

    const done = operationsSince(cluster.agent, 0);
    expect(done['add-virtual-server'] ?? 0).toBe(0);
    expect(done['add-real-server'] ?? 0).toBe(0);
    expect(await cluster.lab.outside.ask(TARGET)).toMatchObject({ kind: 'answered' });
    const answers = await cluster.lab.outside.askTimes(6, TARGET);
    expect(Object.keys(tally(answers)).sort()).toEqual(['pod-0', 'pod-1', 'pod-2']);
    // Masquerading is our table's by now: the pod sees the node, not the client outside.
    expect(answers.map((answer) => answer.kind === 'answered' && answer.client)).toEqual(
      answers.map(() => NODE_PODS.bridge.IPv4),
    );
    const rules = (await run('iptables-save', [])) + (await run('ip6tables-save', []));
    expect(rules.match(/^:KUBE-\S+/gm)?.sort()).toEqual([
      ':KUBE-FIREWALL',
      ':KUBE-FIREWALL',
      ':KUBE-KUBELET-CANARY',
      ':KUBE-KUBELET-CANARY',
    ]);
    expect(rules.match(/-j KUBE-(?!FIREWALL)/g)).toBeNull();
    expect((await run('ipset', ['list', '-n'])).trim()).toBe('');
    const bound = () => run('ip', ['-br', 'addr', 'show', 'kube-ipvs0']);
    await waitUntil(async () => !(await bound()).includes(GONE.IPv4), { what: 'the unwanted VIP to go' });
    expect((await bound()).match(/(10\.96|fd00:96)\S*/g)).toEqual([`${WEB.IPv4}/32`, `${WEB.IPv6}/128`]);
    expect((await savedServers()).filter((line) => line.includes('192.0.2.'))).toEqual(FOREIGN);

    // The same connections live on through a restart and a crash.
    await cluster.agent.stop();
    await cluster.startAgent();
    expect(operationsSince(cluster.agent, 0)).toEqual({});
    await cluster.agent.kill();
    await cluster.startAgent();
    expect(operationsSince(cluster.agent, 0)).toEqual({});
    await Promise.all(talks.map((conversation) => conversation.end()));
    for (const { voices, longestWait, answers: received } of talks) {
      expect(voices).toHaveLength(1);
      expect(voices[0]).toMatch(/^pod-/);
      expect(received.length).toBeGreaterThan(50);
      expect(longestWait).toBeLessThan(LONGEST_WAIT);
    }
  });

  it('empties the sets that legacy iptables refers to, says so, and refuses nobody', async () => {
    await clusterOfKubeProxy('legacy');
    const conversation = await talk();
    await cluster.startAgent();
    await removal('rules of legacy iptables still refer to');
    await conversation.end();
    expect(conversation.voices).toHaveLength(1);
    expect(conversation.longestWait).toBeLessThan(LONGEST_WAIT);
    expect(await run('ipset', ['save', 'KUBE-CLUSTER-IP'])).not.toContain('add');
    expect(await cluster.lab.outside.ask(TARGET)).toMatchObject({ kind: 'answered' });
    await cluster.folder.put(
      'web',
      dualStack({ name: 'web', vip: WEB, pods: cluster.lab.pods, ports: [{ port: 81 }] }),
    );
    // A port that kube-proxy never had: its KUBE-IPVS-FILTER would refuse it.
    await waitUntil(
      async () => (await cluster.lab.outside.ask({ ...TARGET, port: 81, patience: 500 })).kind === 'answered',
      { what: 'a new port of an old VIP' },
    );
  });
});
