import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NODE_WIRE } from '../../../lab/address-plan.js';
import type { Host } from '../../../lab/host.js';
import { waitUntil } from '../../../lab/wait-until.js';
import type { Problem } from '../../../src/model/problem.js';
import type { StatusReport } from '../../../src/model/status-report.js';
import { IN_TEST_KERNEL } from '../packets/support/kernel-test.js';
import { tally, who } from '../packets/support/summaries.js';
import { vip } from '../packets/support/vips.js';
import { FollowedCluster } from './followed-cluster.js';
import { serviceObject, sliceObject } from './objects.js';

const WEB = vip(1).IPv4;
const SECOND = vip(2).IPv4;

describe.skipIf(!IN_TEST_KERNEL).each([
  ['HTTP/2', 'h2', 'HTTP/2.0'],
  ['HTTP/1.1', 'http/1.1', 'HTTP/1.1'],
] as const)("an agent with kubeadm's own configuration, over %s", (_, protocol, spoken) => {
  let cluster: FollowedCluster;
  let pods: readonly [Host, Host, Host, Host];

  beforeAll(async () => {
    cluster = await FollowedCluster.create([protocol]);
    const [first, second, third] = cluster.lab.pods as [Host, Host, Host];
    pods = [first, second, third, cluster.remotePod];
    await create('web', WEB, [first, second]);
    await cluster.agent.ready();
  });

  afterAll(() => cluster?.close());

  async function create(name: string, address: typeof WEB, ready: readonly Host[]): Promise<void> {
    const { server } = cluster;
    await server.tell({ kind: 'create', resource: 'services', object: serviceObject(name, address) });
    await server.tell({ kind: 'create', resource: 'endpointslices', object: sliceObject(name, ready) });
  }

  async function setPods(name: string, ready: readonly Host[], ending: readonly Host[] = []): Promise<void> {
    const object = sliceObject(name, ready, ending);
    await cluster.server.tell({ kind: 'update', resource: 'endpointslices', object });
  }

  function ask(address: typeof WEB) {
    return cluster.lab.outside.ask({ address, port: 80, protocol: 'TCP', patience: 1000 });
  }

  /** Waits until so many requests in a row are answered by these in turn, or all meet the same refusal. */
  async function answeredBy(address: typeof WEB, names: readonly string[]): Promise<void> {
    const expected = names.toSorted().join();
    await waitUntil(
      async () => {
        const answers = await cluster.lab.outside.askTimes(names.length * 2, {
          address,
          port: 80,
          protocol: 'TCP',
          patience: 1000,
        });
        return Object.keys(tally(answers)).sort().join() === expected;
      },
      { what: `${address} to be answered by ${expected}` },
    );
  }

  it('programs what the server has, and speaks that protocol alone', async () => {
    await answeredBy(WEB, ['pod-0', 'pod-1']);
    const { requests } = await cluster.server.look();
    expect(requests.length).toBeGreaterThan(0);
    expect(requests.filter((request) => !request.endsWith(spoken))).toEqual([]);
  });

  it('programs a Service that is created', async () => {
    await create('second', SECOND, [pods[2]]);
    await answeredBy(SECOND, ['pod-2']);
  });

  it('follows a slice that is updated', async () => {
    await setPods('second', [pods[3]]);
    await answeredBy(SECOND, ['remote-pod']);
  });

  it('loses no request in a rolling update', async () => {
    const outcomes: string[] = [];
    let isRolling = true;
    const client = (async () => {
      while (isRolling) outcomes.push(...who([await ask(WEB)]));
    })();
    for (const [ready, ending] of [
      [[pods[0], pods[1], pods[2]], []],
      [[pods[1], pods[2]], [pods[0]]],
      [[pods[1], pods[2], pods[3]], []],
      [[pods[2], pods[3]], [pods[1]]],
      [[pods[2], pods[3]], []],
    ] as const) {
      await setPods('web', ready, ending);
      await answeredBy(
        WEB,
        ready.map(({ name }) => name),
      );
    }
    isRolling = false;
    await client;
    expect(outcomes.length).toBeGreaterThan(10);
    expect(outcomes.filter((outcome) => !/pod/.test(outcome))).toEqual([]);
  });

  it('refuses connections to a Service that is scaled to zero, until it has pods again', async () => {
    await setPods('web', []);
    await answeredBy(WEB, ['refused']);
    await setPods('web', [pods[0]]);
    await answeredBy(WEB, ['pod-0']);
  });

  it('goes on with a new token when the old one is revoked and the connection breaks', async () => {
    const { server, mounts } = cluster;
    await mounts.setToken('second-token');
    await server.tell({ kind: 'allow token', token: 'second-token' });
    await server.tell({ kind: 'revoke token', token: 'first-token' });
    await server.tell({ kind: 'reset' });
    await setPods('web', [pods[1]]);
    await answeredBy(WEB, ['pod-1']);
  });

  it('leaves everything as it is while the server is away, and makes up for it afterwards', async () => {
    const { server } = cluster;
    await server.tell({ kind: 'stop' });
    await setPods('web', [pods[2]]);
    expect(who(await cluster.lab.outside.askTimes(3, { address: WEB, port: 80, protocol: 'TCP' }))).toEqual(
      Array(3).fill('pod-1'),
    );
    await server.tell({ kind: 'resume' });
    await answeredBy(WEB, ['pod-2']);
  });

  it('never binds the address of the node that the API server is on, whatever a Service claims', async () => {
    const { server, agent } = cluster;
    const externalIPs = Object.values(NODE_WIRE.there);
    const { spec, ...rest } = serviceObject('second', SECOND);
    const object = { ...rest, spec: { ...(spec as object), externalIPs } };
    await server.tell({ kind: 'update', resource: 'services', object });
    const left = (problems: readonly Problem[] = []) =>
      problems
        .map(({ field, message }) => `${field} ${message}`)
        .filter((text) => text.includes('of Node node-2'));
    // The second family is in no table: it takes a listing of whole Nodes, and that a moment.
    const { agent: reported } = await agent.until(
      'both addresses to be left to that node',
      ({ agent: status }) =>
        status?.synced === true && left(status.problems).join().includes(NODE_WIRE.there.IPv6),
    );
    expect(left(reported?.problems).sort()).toEqual([
      expect.stringContaining(`spec.externalIPs ${externalIPs.join(', ')}: each is an address of`),
    ]);
    await setPods('web', [pods[0]]);
    await answeredBy(WEB, ['pod-0']);
  });

  it('leaves its token, and what kubectl apply keeps of an object, out of a support bundle', async () => {
    const { server, agent } = cluster;
    const { metadata, ...rest } = serviceObject('web', WEB);
    const annotations = {
      'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({ data: { key: 'hunter2' } }),
      // Told of as a problem, with what was found.
      'kube-ipvs-proxy.io/weights': 'password=hunter2',
    };
    const object = { ...rest, metadata: { ...metadata, annotations } };
    await server.tell({ kind: 'update', resource: 'services', object });
    const told = ({ agent: status }: StatusReport) =>
      status?.problems.some(({ field = '' }) => field.includes('weights')) === true;
    await agent.until('the problem to be told', told);
    const folder = mkdtempSync(join(tmpdir(), 'bundle-'));
    const file = join(folder, 'bundle.tar.gz');
    await agent.supportBundle(file);
    const all = execFileSync('tar', ['-xzOf', file], { encoding: 'utf8' });
    rmSync(folder, { recursive: true });
    expect(all).toContain('kube-ipvs-proxy.io/weights');
    expect(all).not.toMatch(/hunter2|first-token|second-token|BEGIN CERTIFICATE|LS0tLS1/);
  });

  it('forgets a Service that is deleted', async () => {
    const { server } = cluster;
    await server.tell({ kind: 'delete', resource: 'services', key: 'default/second' });
    await server.tell({ kind: 'delete', resource: 'endpointslices', key: 'default/second-abcde' });
    await waitUntil(async () => (await ask(SECOND)).kind !== 'answered', { what: 'the VIP to fall silent' });
    await cluster.agent.until('its end', ({ virtualServers }) =>
      virtualServers.every(({ service }) => service !== 'default/second'),
    );
  });
});
