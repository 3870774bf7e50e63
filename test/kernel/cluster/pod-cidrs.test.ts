import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiObject } from '../../../lab/api-server/stored-object.js';
import { address } from '../../support/addresses.js';
import { IN_TEST_KERNEL } from '../packets/support/kernel-test.js';
import { walk, walks } from '../packets/support/packet-walk.js';
import { vip } from '../packets/support/vips.js';
import { FollowedCluster } from './followed-cluster.js';
import { serviceObject, sliceObject } from './objects.js';

const WEB = vip(1).IPv4;
const BALANCER = address('198.51.100.7');

describe.skipIf(!IN_TEST_KERNEL)('the podCIDRs of the Node, where nothing else tells pods', () => {
  let cluster: FollowedCluster;

  beforeAll(async () => {
    const edit = (configuration: string) =>
      configuration
        .replace(/clusterCIDR: .*/, 'clusterCIDR: ""')
        .replace(/detectLocalMode: .*/, 'detectLocalMode: ""');
    cluster = await FollowedCluster.create(['h2'], { edit });
    const { lab, remotePod, server } = cluster;
    const pods = [...lab.pods.slice(0, 1), remotePod];
    await server.tell({ kind: 'create', resource: 'services', object: localOnly(serviceObject('web', WEB)) });
    await server.tell({ kind: 'create', resource: 'endpointslices', object: sliceObject('web', pods) });
    await cluster.agent.ready();
  });

  afterAll(() => cluster?.close());

  it('let its pods reach every endpoint of an address with policy Local, by their own addresses', async () => {
    const client = cluster.lab.pods[1];
    if (client === undefined) throw new Error('too few pods');
    const seen = (pod: string) => `${pod} sees ${client.addresses.IPv4}`;
    expect(await walks(client, { address: BALANCER, port: 80 })).toEqual([seen('pod-0'), seen('remote-pod')]);
  });

  it('leave clients outside the endpoints of this node, and their address at a ClusterIP, as kube-proxy does', async () => {
    const { outside } = cluster.lab;
    const seen = `pod-0 sees ${outside.addresses.IPv4}`;
    expect(await walks(outside, { address: BALANCER, port: 80 })).toEqual([seen]);
    const answers = new Set<string>();
    for (let times = 0; times < 2; times++) answers.add(await walk(outside, { address: WEB, port: 80 }));
    expect(answers).toContain(seen);
  });
});

/** With a load balancer whose clients are to keep their address. */
function localOnly(service: ApiObject): ApiObject {
  return {
    ...service,
    spec: { ...(service.spec as object), type: 'LoadBalancer', externalTrafficPolicy: 'Local' },
    status: { loadBalancer: { ingress: [{ ip: BALANCER }] } },
  };
}
