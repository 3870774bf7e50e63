import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitUntil } from '../../../lab/wait-until.js';
import { Cluster } from './support/cluster.js';
import { dualStack } from './support/dual-stack.js';
import { everyWay } from './support/every-way.js';
import { IN_TEST_KERNEL } from './support/kernel-test.js';
import { operationsSince, tally, weights, who } from './support/summaries.js';
import { vip } from './support/vips.js';

const WEB = vip(1);
const TARGET = { address: WEB.IPv4, port: 80, protocol: 'TCP' } as const;
const GONE = vip(2);

const FLUSHES = 20;

/** Of another program, on an address of its own. */
const FOREIGN = ['-A -t 192.0.2.1:80 -s wlc -p 77', '-a -t 192.0.2.1:80 -r 192.0.2.7:8080 -m -w 5'];

describe.skipIf(!IN_TEST_KERNEL)('nft flush ruleset', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    const interfaces = ['--detect-local-mode', 'BridgeInterface', '--pod-bridge-interface', 'cni0'];
    cluster = await Cluster.create({ arguments: ['--node-name', 'node-1', ...interfaces] });
    const { pods } = cluster.lab;
    await ipvsadm(FOREIGN.join('\n'), '-R');
    await cluster.folder.put('web', dualStack({ name: 'web', vip: WEB, pods }));
    await cluster.folder.put('gone', dualStack({ name: 'gone', vip: GONE, pods }));
    await cluster.startAgent();
  });

  afterAll(() => cluster?.close());

  async function ipvsadm(stdin: string, ...words: readonly string[]): Promise<string[]> {
    return (await cluster.lab.node.namespace.run(['ipvsadm', ...words], stdin)).trim().split('\n');
  }

  // The key of the firewall marks is lost with the table, so that views of clients inside have other marks afterwards.
  async function virtualServers(): Promise<string[]> {
    return (await ipvsadm('', '-S', '-n'))
      .filter((line) => line.startsWith('-A') && !line.startsWith('-A -f'))
      .map((line) => line.trim())
      .sort();
  }

  const flush = () => cluster.lab.node.namespace.run(['nft', 'flush', 'ruleset']);
  const table = () => cluster.lab.node.namespace.try(['nft', 'list', 'table', 'inet', 'kube-ipvs-proxy']);

  async function isAsBefore(servers: readonly string[]): Promise<void> {
    const report = await cluster.agent.until(
      'everything as it was',
      ({ agent, virtualServers }) =>
        agent?.synced === true && virtualServers.filter(({ state }) => state === 'foreign').length === 1,
    );
    expect(report.agent?.problems).toEqual([]);
    expect(await virtualServers()).toEqual(servers);
    expect(tally(await cluster.lab.outside.askTimes(3, TARGET))).toEqual({
      'pod-0': 1,
      'pod-1': 1,
      'pod-2': 1,
    });
    expect((await table()).stdout).toContain('comment "default/web"');
  }

  it('while the agent is down: it knows its virtual servers, and writes to none of them', async () => {
    const servers = await virtualServers();
    const held = await cluster.lab.outside.hold(TARGET);
    await cluster.agent.stop();
    await flush();
    await cluster.startAgent();
    await isAsBefore(servers);
    const written = Object.keys(operationsSince(cluster.agent, 0)).filter((kind) => kind.endsWith('-server'));
    expect(written).toEqual([]);
    expect(who([await held.again()])).toEqual([held.first.pod]);
    await held.close();
  });

  it('while the agent is down and the cluster changes: endpoints and Services are followed, a lost VIP is bound again', async () => {
    const [first] = cluster.lab.pods;
    if (first === undefined) throw new Error('there is no pod');
    const { pods, remotePods } = cluster.lab;
    const ports = [{ name: 'http', protocol: 'TCP' as const, port: 80, nodePort: 30_003 }];
    const spec = { externalTrafficPolicy: 'Local' };
    await cluster.folder.put('local', everyWay({ name: 'local', number: 3, ports, pods, remotePods, spec }));
    await cluster.agent.until(
      'the Service with policy Local',
      (now) => now.agent?.synced === true && weights(now, `${vip(3).IPv4}:80/TCP`) !== undefined,
    );
    await cluster.agent.stop();
    await flush();
    await cluster.unbind(WEB.IPv4);
    await cluster.folder.put('web', dualStack({ name: 'web', vip: WEB, pods: [first] }));
    await cluster.folder.drop('gone');
    await cluster.startAgent();
    const report = await cluster.agent.until(
      'the end of what is gone',
      ({ virtualServers }) => !virtualServers.some(({ address }) => address === GONE.IPv4),
    );
    expect(report.agent?.problems).toEqual([]);
    const taking = Object.entries(weights(report, `${WEB.IPv4}:80/TCP`) ?? {}).filter(
      ([, weight]) => weight > 0,
    );
    expect(taking).toEqual([[`${first.addresses.IPv4}:9376`, 1]]);
    expect(tally(await cluster.lab.outside.askTimes(2, TARGET))).toEqual({ 'pod-0': 2 });
    const bound = await cluster.boundVips();
    expect([bound.includes(WEB.IPv4), bound.includes(GONE.IPv4)]).toEqual([true, false]);
    await cluster.folder.put('web', dualStack({ name: 'web', vip: WEB, pods: cluster.lab.pods }));
    await cluster.agent.until('all pods', (now) => {
      const all = Object.values(weights(now, `${WEB.IPv4}:80/TCP`) ?? {});
      return all.length === 3 && all.every((weight) => weight === 1);
    });
  });

  it('while the agent starts, again and again', async () => {
    const servers = await virtualServers();
    await cluster.agent.stop();
    const starting = cluster.startAgent();
    // As often as a boot could, all over the start; an agent that never has its table for long is never ready.
    for (let times = 0; times < FLUSHES; times++) {
      await flush();
      await pause(100);
    }
    await starting;
    await flush();
    await waitUntil(async () => (await table()).stdout.includes('comment "default/web"'), {
      what: 'the ledger to be whole again',
    });
    await isAsBefore(servers);
  });

  // Clients from outside are masqueraded by the rules: while these are away a packet of theirs reaches the pod
  // untranslated.
  it('while the agent runs: a pod goes on talking meanwhile, a client outside afterwards', async () => {
    const servers = await virtualServers();
    const [pod] = cluster.lab.pods;
    if (pod === undefined) throw new Error('there is no pod');
    const inside = await pod.hold(TARGET);
    const outside = await cluster.lab.outside.hold(TARGET);
    await flush();
    for (let times = 0; times < 3; times++) {
      expect(who([await inside.again()])).toEqual([inside.first.pod]);
      expect(who(await pod.askTimes(1, TARGET))).toHaveLength(1);
    }
    await waitUntil(async () => (await table()).stdout.includes('comment "default/web"'), {
      what: 'the ledger to be whole again',
    });
    await isAsBefore(servers);
    for (const held of [inside, outside]) {
      expect(who([await held.again()])).toEqual([held.first.pod]);
      await held.close();
    }
  });

  it('before cleanup: everything of ours goes, and nothing of others', async () => {
    await cluster.agent.stop();
    await flush();
    const { code, stderr } = await cluster.command('cleanup');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(await ipvsadm('', '-S', '-n')).toEqual(FOREIGN);
    const { namespace } = cluster.lab.node;
    expect((await namespace.try(['ip', 'link', 'show', 'kube-ipvs0'])).code).not.toBe(0);
    expect(await namespace.run(['nft', 'list', 'tables'])).not.toContain('kube-ipvs-proxy');
  });
});
