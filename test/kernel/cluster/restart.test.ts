import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Host } from '../../../lab/host.js';
import { waitUntil } from '../../../lab/wait-until.js';
import { IN_TEST_KERNEL } from '../packets/support/kernel-test.js';
import { walk } from '../packets/support/packet-walk.js';
import { vip } from '../packets/support/vips.js';
import { FollowedCluster } from './followed-cluster.js';
import { serviceObject, sliceObject } from './objects.js';

const WEB = vip(1).IPv4;
const PLACE = { address: WEB, port: 80 };

const MODES: readonly (readonly [string, string])[] = [
  ['NodeCIDR', ''],
  ['ClusterCIDR', ''],
  ['BridgeInterface', 'bridgeInterface: "cni0"'],
  ['InterfaceNamePrefix', 'interfaceNamePrefix: "cni"'],
];

describe.skipIf(!IN_TEST_KERNEL).each(MODES)('a restart with detectLocalMode %s', (mode, detail) => {
  let cluster: FollowedCluster;
  let pods: readonly [Host, Host];

  beforeAll(async () => {
    const [field = ''] = detail.split(':');
    const edit = (configuration: string) =>
      configuration
        .replace('detectLocalMode: ""', `detectLocalMode: "${mode}"`)
        .replace(field === '' ? 'no such field' : `${field}: ""`, detail);
    cluster = await FollowedCluster.create(['h2'], { edit });
    const [first, second] = cluster.lab.pods;
    if (first === undefined || second === undefined) throw new Error('too few pods');
    pods = [first, second];
    const { server } = cluster;
    await server.tell({ kind: 'create', resource: 'services', object: serviceObject('web', WEB) });
    await server.tell({ kind: 'create', resource: 'endpointslices', object: sliceObject('web', [first]) });
    await cluster.agent.ready();
  });

  afterAll(() => cluster?.close());

  const rulesWritten = () =>
    cluster.agent.log.filter((line) => line.includes('wrote the rules of table')).length;
  const asSeen = () => Promise.all([walk(cluster.lab.outside, PLACE), walk(pods[1], PLACE)]);

  it('with the API server there writes no rules', async () => {
    expect(rulesWritten()).toBeGreaterThan(0);
    await cluster.restartAgent();
    await cluster.agent.ready();
    expect(rulesWritten()).toBe(0);
  });

  it('is planned without a change of rules or of anything else', async () => {
    expect(await cluster.plan()).toBe('Nothing to change: the kernel is as desired.\n');
  });

  it('with the API server away writes no rules either, and packets go as before', async () => {
    const before = await asSeen();
    expect(before[1]).toBe(`pod-0 sees ${pods[1].addresses.IPv4}`);
    expect(before[0]).not.toBe(`pod-0 sees ${cluster.lab.outside.addresses.IPv4}`);
    await cluster.server.close();
    await cluster.restartAgent();
    await waitUntil(async () => (await cluster.agent.status()) !== undefined, {
      what: 'the agent to answer',
    });
    for (let times = 0; times < 5; times++) expect(await asSeen()).toEqual(before);
    expect(rulesWritten()).toBe(0);
  });
});
