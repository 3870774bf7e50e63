import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitUntil } from '../../../lab/wait-until.js';
import type { StatusReport } from '../../../src/model/status-report.js';
import { Cluster } from './support/cluster.js';
import { dualStack } from './support/dual-stack.js';
import { IN_TEST_KERNEL } from './support/kernel-test.js';
import { operationsSince, tally, weights, who } from './support/summaries.js';
import { vip } from './support/vips.js';

const WEB = vip(1);
const SECOND = vip(2);
const WEB_TARGET = { address: WEB.IPv4, port: 80, protocol: 'TCP' } as const;

/** A virtual server that another program made: documentation addresses, so that none of ours can be meant. */
const FOREIGN = ['-A -t 192.0.2.1:80 -s wlc -p 77', '-a -t 192.0.2.1:80 -r 192.0.2.7:8080 -m -w 5'];
const FOREIGN_SAVED = ['-A -t 192.0.2.1:80 -s wlc -p 77', '-a -t 192.0.2.1:80 -r 192.0.2.7:8080 -m -w 5'];

describe.skipIf(!IN_TEST_KERNEL)('the life of an agent', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await Cluster.create();
    await ipvsadm(FOREIGN.join('\n'), '-R');
    await cluster.folder.put('web', dualStack({ name: 'web', vip: WEB, pods: cluster.lab.pods }));
    await cluster.startAgent();
  });

  afterAll(() => cluster?.close());

  async function ipvsadm(stdin: string, ...words: readonly string[]): Promise<string[]> {
    return (await cluster.lab.node.namespace.run(['ipvsadm', ...words], stdin)).trim().split('\n');
  }

  async function foreignServers(): Promise<string[]> {
    return (await ipvsadm('', '-S', '-n'))
      .filter((line) => line.includes('192.0.2.'))
      .map((line) => line.trim());
  }

  async function answers(): Promise<boolean> {
    return (await cluster.lab.outside.ask({ ...WEB_TARGET, patience: 500 })).kind === 'answered';
  }

  it('leaves a virtual server of another program alone while it starts', async () => {
    expect(await foreignServers()).toEqual(FOREIGN_SAVED);
    const report = await cluster.agent.status();
    const foreign = report?.virtualServers.find(({ frontend }) => frontend === '192.0.2.1:80/TCP');
    expect(foreign).toMatchObject({ state: 'foreign', scheduler: 'wlc', persistenceTimeout: 77 });
  });

  it('puts a deleted address back', async () => {
    await cluster.unbind(WEB.IPv4);
    await waitUntil(answers, { what: 'the VIP to answer again' });
  });

  it('puts the deleted device back, with the addresses of both families', async () => {
    await cluster.lab.node.namespace.run(['ip', 'link', 'del', 'kube-ipvs0']);
    await waitUntil(answers, { what: 'the VIP to answer again' });
    const answer = await cluster.lab.outside.ask({ ...WEB_TARGET, address: WEB.IPv6 });
    expect(answer.kind).toBe('answered');
  });

  // IPv4 keeps the routes to the addresses of a device that goes down, IPv6 drops the addresses and tells.
  it('answers in both families after somebody has set the device up and down', async () => {
    for (const state of ['up', 'down'])
      await cluster.lab.node.namespace.run(['ip', 'link', 'set', 'kube-ipvs0', state]);
    await waitUntil(answers, { what: 'the VIP to answer again' });
    await waitUntil(
      async () => (await cluster.lab.outside.ask({ ...WEB_TARGET, address: WEB.IPv6 })).kind === 'answered',
      { what: 'the VIP of IPv6 to answer again' },
    );
  });

  it('keeps everything when it is stopped, and says so when asked', async () => {
    const held = await cluster.lab.outside.hold(WEB_TARGET);
    await cluster.agent.stop();
    const { code, stdout } = await cluster.command('status', '-o', 'json');
    const report = JSON.parse(stdout) as StatusReport;
    expect(code).toBe(3);
    expect(report.agent).toBeUndefined();
    expect(report.virtualServers.map(({ service }) => service)).toContain('default/web');
    expect(Object.values(weights(report, `${WEB.IPv4}:80/TCP`) ?? {})).toEqual([1, 1, 1]);
    expect(tally(await cluster.lab.outside.askTimes(3, WEB_TARGET))).toEqual({
      'pod-0': 1,
      'pod-1': 1,
      'pod-2': 1,
    });
    await cluster.startAgent();
    expect(operationsSince(cluster.agent, 0)).toEqual({});
    expect(who([await held.again()])).toEqual([held.first.pod]);
    await held.close();
  });

  it('keeps a connection over a crash and writes nothing when it is back', async () => {
    const held = await cluster.lab.outside.hold(WEB_TARGET);
    await cluster.agent.kill();
    expect(who([await held.again()])).toEqual([held.first.pod]);
    await cluster.startAgent();
    expect(operationsSince(cluster.agent, 0)).toEqual({});
    expect(who([await held.again()])).toEqual([held.first.pod]);
    await held.close();
  });

  it('leaves the other program alone while Services come and go', async () => {
    await cluster.folder.put('second', dualStack({ name: 'second', vip: SECOND, pods: cluster.lab.pods }));
    const frontend = `${SECOND.IPv4}:80/TCP`;
    await cluster.agent.until('the second Service', (report) => weights(report, frontend) !== undefined);
    await cluster.folder.drop('second');
    await cluster.agent.until('its end', (report) => weights(report, frontend) === undefined);
    expect(await foreignServers()).toEqual(FOREIGN_SAVED);
  });

  it('will not clean up below a running agent', async () => {
    const { code, stderr } = await cluster.command('cleanup');
    expect(code).toBe(1);
    expect(stderr).toContain('an agent is running');
    expect(await answers()).toBe(true);
  });

  it('cleans up everything of ours and nothing else', async () => {
    await cluster.agent.stop();
    const { code, stderr } = await cluster.command('cleanup');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(await ipvsadm('', '-S', '-n')).toHaveLength(FOREIGN.length);
    expect(await foreignServers()).toEqual(FOREIGN_SAVED);
    const { namespace } = cluster.lab.node;
    expect((await namespace.try(['ip', 'link', 'show', 'kube-ipvs0'])).code).not.toBe(0);
    expect(await namespace.run(['nft', 'list', 'tables'])).not.toContain('kube-ipvs-proxy');
  });
});
