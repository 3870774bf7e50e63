import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NODE_WIRE } from '../../../lab/address-plan.js';
import type { HeldConnection } from '../../../lab/held-connection.js';
import { waitUntil } from '../../../lab/wait-until.js';
import { IN_TEST_KERNEL } from '../packets/support/kernel-test.js';
import { weights } from '../packets/support/summaries.js';
import { vip } from '../packets/support/vips.js';
import { FollowedCluster } from './followed-cluster.js';
import { nodeObject, serviceObject, sliceObject } from './objects.js';

const LOST = vip(1).IPv4;
const UNREADY = vip(2).IPv4;

describe.skipIf(!IN_TEST_KERNEL)('connections to a pod that is no longer ready', () => {
  let cluster: FollowedCluster;

  beforeAll(async () => {
    cluster = await FollowedCluster.create(['h2']);
    await cluster.agent.ready();
  });

  afterAll(() => cluster?.close());

  /** A Service of the pod on the other node, and a client with a connection to it. */
  async function holdConnection(name: string, address: typeof LOST): Promise<HeldConnection> {
    const { server, lab } = cluster;
    await server.tell({ kind: 'create', resource: 'services', object: serviceObject(name, address) });
    await server.tell({ kind: 'create', resource: 'endpointslices', object: slice(name, true) });
    const target = { address, port: 80, protocol: 'TCP', patience: 3000 } as const;
    const answers = async () => (await lab.outside.ask(target)).kind === 'answered';
    await waitUntil(answers, { what: `${name} to answer` });
    return lab.outside.hold(target);
  }

  const slice = (name: string, isReady: boolean) =>
    isReady ? sliceObject(name, [cluster.remotePod]) : sliceObject(name, [], [], [cluster.remotePod]);

  async function setNodeReady(status: 'True' | 'Unknown'): Promise<void> {
    const node = nodeObject('node-2', NODE_WIRE.there);
    const object = {
      ...node,
      status: { ...(node.status as object), conditions: [{ type: 'Ready', status }] },
    };
    await cluster.server.tell({ kind: 'update', resource: 'nodes', object });
  }

  const stopPod = (name: string) =>
    cluster.server.tell({ kind: 'update', resource: 'endpointslices', object: slice(name, false) });

  async function timesAsked(): Promise<number> {
    const { requests } = await cluster.server.look();
    return requests.filter((request) => /node-2.*includeObject=None/.test(request)).length;
  }

  async function serversOf(address: typeof LOST): Promise<Record<string, number>> {
    const report = await cluster.agent.status();
    return (report && weights(report, `${address}:80/TCP`)) ?? {};
  }

  it('are reset where its node is lost, long before the drain would have ended', async () => {
    const { remote } = cluster.lab;
    const connection = await holdConnection('lost', LOST);
    await remote.namespace.ip([`route add blackhole ${cluster.remotePod.addresses.IPv4}/32`]);
    expect((await connection.again()).kind).toBe('timed out');
    // In the order of the node controller: first the Node, then its pods.
    await setNodeReady('Unknown');
    await stopPod('lost');
    const isGone = async () =>
      (await cluster.agent.status()) !== undefined && Object.keys(await serversOf(LOST)).length === 0;
    await waitUntil(isGone, { what: 'the server to be deleted', seconds: 60 });
    // By its next packet, for which a client without answers waits longer and longer.
    const isReset = async () => (await connection.again()).kind === 'reset';
    await waitUntil(isReset, { what: 'the connection to be reset', seconds: 90 });
    await connection.close();
    await remote.namespace.ip([`route del blackhole ${cluster.remotePod.addresses.IPv4}/32`]);
    await setNodeReady('True');
  });

  it('go on where its node is ready, since it may fail its probe only', async () => {
    const before = await timesAsked();
    const connection = await holdConnection('unready', UNREADY);
    await stopPod('unready');
    const isAsked = async () => (await timesAsked()) > before;
    await waitUntil(isAsked, { what: 'the node to be asked about', seconds: 60 });
    expect(Object.values(await serversOf(UNREADY))).toEqual([0]);
    expect(await connection.again()).toMatchObject({ kind: 'answered', pod: 'remote-pod' });
    await connection.close();
  });
});
