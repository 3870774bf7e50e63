import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROGRAM } from '../../lab/agent.js';
import { waitUntil } from '../../lab/wait-until.js';
import { Cluster } from './packets/support/cluster.js';
import { dualStack } from './packets/support/dual-stack.js';
import { IN_TEST_KERNEL } from './packets/support/kernel-test.js';
import { operationsSince, tally, weights, who } from './packets/support/summaries.js';
import { vip } from './packets/support/vips.js';
import { initNodeIn } from './support/init-node-in.js';
import { LEAST_PRIVILEGE, MAIN_CONTAINER } from './support/main-container.js';

const WEB = vip(1);
const NAMES = vip(2);
const TARGET = { address: WEB.IPv4, port: 80, protocol: 'TCP' } as const;

/** CAP_NET_ADMIN is bit 12 (include/uapi/linux/capability.h). */
const NET_ADMIN_ONLY = '0000000000001000';

/** What only the environment of this test lacks. */
const OF_THE_TEST = [
  // Of the whole machine: a network namespace can read it only. On a node the agent is in the first namespace.
  'nf_conntrack_max',
  // The same. Up to 5.14 the kernel of the tests begins with fewer buckets than we want.
  'nf_conntrack.hashsize',
  // Of the process itself; the kubelet sets it for a pod.
  'oom_score_adj',
];

describe.skipIf(!IN_TEST_KERNEL)('an agent with CAP_NET_ADMIN only, on a read-only system', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await Cluster.create({ within: MAIN_CONTAINER });
    await initNodeIn(cluster.lab.node.namespace);
    await cluster.folder.put('web', dualStack({ name: 'web', vip: WEB, pods: cluster.lab.pods }));
    await cluster.folder.put('names', names());
    await cluster.startAgent();
  });

  afterAll(() => cluster?.close());

  const names = (pods = cluster.lab.pods) =>
    dualStack({ name: 'names', vip: NAMES, pods, ports: [{ protocol: 'UDP', port: 53 }] });

  it('has no other right', async () => {
    const status = await readFile(`/proc/${cluster.agent.pid}/status`, 'utf8');
    for (const set of ['CapPrm', 'CapEff', 'CapBnd', 'CapInh'])
      expect(status).toMatch(new RegExp(`^${set}:\\s+${NET_ADMIN_ONLY}$`, 'm'));
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
    expect(status).toMatch(/^Seccomp:\s+2$/m);
    const mounts = await readFile(`/proc/${cluster.agent.pid}/mounts`, 'utf8');
    for (const place of ['/', '/proc/sys', '/sys'])
      expect(mounts).toMatch(new RegExp(`^\\S+ ${place} \\S+ ro[, ]`, 'm'));
  });

  it('has nothing to complain of, since the init container set the node up', () => {
    const lines = cluster.agent.log.map((line) => JSON.parse(line) as { level: number; msg: string });
    const complaints = lines.filter(({ level }) => level >= 40).map(({ msg }) => msg);
    expect(complaints.filter((msg) => !OF_THE_TEST.some((words) => msg.includes(words)))).toEqual([]);
  });

  it.each(['IPv4', 'IPv6'] as const)('programs Services that answer over %s', async (family) => {
    const answers = await cluster.lab.outside.askTimes(6, { ...TARGET, address: WEB[family] });
    expect(tally(answers)).toEqual({ 'pod-0': 2, 'pod-1': 2, 'pod-2': 2 });
  });

  it('refuses a port that no Service has', async () => {
    expect(who([await cluster.lab.outside.ask({ ...TARGET, port: 81 })])).toEqual(['refused']);
  });

  it('deletes connection tracking entries of a removed UDP endpoint', async () => {
    const target = { address: NAMES.IPv4, port: 53, protocol: 'UDP' } as const;
    const held = await cluster.lab.outside.hold(target);
    const rest = cluster.lab.pods.filter(({ name }) => name !== held.first.pod);
    await cluster.folder.put('names', names(rest));
    await cluster.agent.until(
      'the endpoint to go',
      (report) => Object.keys(weights(report, `${NAMES.IPv4}:53/UDP`) ?? {}).length === rest.length,
    );
    const [voice] = who([await held.again()]);
    expect(rest.map(({ name }) => name)).toContain(voice);
    await held.close();
  });

  it('notices a deleted address at once and finds a changed weight by its audit', async () => {
    const { namespace } = cluster.lab.node;
    await cluster.unbind(WEB.IPv4);
    await waitUntil(async () => (await cluster.lab.outside.ask(TARGET)).kind === 'answered', {
      what: 'the VIP to answer again',
    });
    const [pod] = cluster.lab.pods;
    const server = `${pod?.addresses.IPv4}:9376`;
    await namespace.run(['ipvsadm', '-e', '-t', `${WEB.IPv4}:80`, '-r', server, '-m', '-w', '7']);
    await cluster.agent.until(
      'the weight to be repaired',
      (report) => weights(report, `${WEB.IPv4}:80/TCP`)?.[server] === 1,
      90,
    );
  });

  it('restarts without a write and without breaking a connection', async () => {
    const held = await cluster.lab.outside.hold(TARGET);
    await cluster.agent.stop();
    await cluster.startAgent();
    expect(operationsSince(cluster.agent, 0)).toEqual({});
    expect(who([await held.again()])).toEqual([held.first.pod]);
    await held.close();
  });

  it('says what it lacks where even CAP_NET_ADMIN is missing', async () => {
    const words = [LEAST_PRIVILEGE, 'none', tmpdir(), process.execPath, PROGRAM, 'run'];
    const options = ['--manifests', cluster.folder.path, '--admin-socket', `${cluster.adminSocket}-2`];
    const { code, stdout } = await cluster.lab.node.namespace.try([...words, ...options]);
    expect(code).toBe(1);
    expect(stdout).toContain('CAP_NET_ADMIN');
  });
});
