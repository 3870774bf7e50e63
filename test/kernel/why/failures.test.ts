import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NODE_PODS, NODE_WIRE } from '../../../lab/address-plan.js';
import { PROGRAM } from '../../../lab/agent.js';
import type { ApiObject } from '../../../lab/api-server/stored-object.js';
import type { Host } from '../../../lab/host.js';
import { waitUntil } from '../../../lab/wait-until.js';
import { FollowedCluster } from '../cluster/followed-cluster.js';
import { nodeObject, serviceObject, sliceObject } from '../cluster/objects.js';
import { IN_TEST_KERNEL } from '../packets/support/kernel-test.js';
import { vip } from '../packets/support/vips.js';
import { type WhyAnswer, WITH_OWN_SYS, why } from './why-command.js';

/** An address of the pods' subnet that no pod has. */
const NOBODY = '10.244.0.200';
const BALANCER = '198.51.100.7';
const CONNTRACK_LIMIT = '/proc/sys/net/netfilter/nf_conntrack_max';

/** Drops what is new and for this node, as a firewall does whose owner does not know Services. */
const FIREWALL = `table ip firewall {
  chain input { type filter hook input priority 0; policy drop; iifname "lo" accept; ct state established,related accept; }
}
`;

/** A pod that is dead and that nobody has noticed yet. */
const DEAD = `table inet dead {
  chain input { type filter hook input priority 0; policy drop; }
}
`;

describe.skipIf(!IN_TEST_KERNEL)('why finds the one thing that is broken:', () => {
  let cluster: FollowedCluster;
  let pods: readonly [Host, Host, Host];
  let services = 0;

  beforeAll(async () => {
    cluster = await FollowedCluster.create(['h2']);
    const [first, second, third] = cluster.lab.pods;
    if (first === undefined || second === undefined || third === undefined)
      throw new Error('three pods expected');
    pods = [first, second, third];
    const node = nodeObject('node-1', NODE_WIRE.here);
    const labels = { ...node.metadata.labels, 'topology.kubernetes.io/zone': 'zone-a' };
    await tell('update', 'nodes', { ...node, metadata: { ...node.metadata, labels } });
    await put('works', {}, pods);
    await cluster.agent.ready();
  });

  afterAll(() => cluster?.close());

  async function tell(kind: 'create' | 'update', resource: Parameters<typeof send>[1], object: ApiObject) {
    await send(kind, resource, object);
  }

  function send(
    kind: 'create' | 'update',
    resource: 'services' | 'endpointslices' | 'nodes',
    object: ApiObject,
  ) {
    return cluster.server.tell({ kind, resource, object });
  }

  /**
   * Creates a Service of TCP 80 at an address of its own, with further fields of spec, and a slice unless there is to
   * be none.
   */
  async function put(name: string, spec: object, slice: readonly Host[] | ApiObject | undefined) {
    const address = vip(++services).IPv4;
    const object = serviceObject(name, address);
    await tell('create', 'services', { ...object, spec: { ...(object.spec as object), ...spec } });
    if (slice !== undefined)
      await tell(
        'create',
        'endpointslices',
        Array.isArray(slice) ? sliceObject(name, slice) : (slice as ApiObject),
      );
    return address;
  }

  /** Asks until the agent has what was told, and the answer begins with the code. */
  async function expectCause(code: string, ...words: string[]): Promise<WhyAnswer> {
    let last: WhyAnswer | undefined;
    const look = async () => {
      last = await ask(...words);
      return last.causes[0] === code && last;
    };
    const found = await waitUntil(look, { what: code, seconds: 60, interval: 500 }).catch(() => last);
    expect(found?.causes[0], JSON.stringify(found)).toBe(code);
    expect(found).toMatchObject({
      exitCode: 1,
      verdict: 'fails',
      sentence: expect.stringContaining(`(${code}).`),
    });
    return found as WhyAnswer;
  }

  function ask(...words: string[]): Promise<WhyAnswer> {
    return why(cluster.lab.node, cluster.mounts.adminSocket, words);
  }

  async function expectWorking(...words: string[]): Promise<void> {
    const look = async () => (await ask(...words)).verdict === 'works';
    await waitUntil(look, { what: 'works', seconds: 60, interval: 500 }).catch(() => undefined);
    expect(await ask(...words)).toMatchObject({ exitCode: 0, verdict: 'works', causes: [] });
  }

  /** What `check` says of the API server and of the clock, asked of the agent or of the server itself. */
  async function checked(...words: string[]): Promise<Record<string, string>> {
    const command = [...cluster.mounts.within, process.execPath, PROGRAM, 'check', '-o', 'json', ...words];
    const socket = ['--admin-socket', cluster.mounts.adminSocket];
    const { stdout } = await cluster.lab.node.namespace.try([...WITH_OWN_SYS, ...command, ...socket]);
    const { checks } = JSON.parse(stdout) as {
      checks: { name: string; verdict: string; code?: string; sentence: string }[];
    };
    const texts = checks.map(({ name, verdict, code = '', sentence }) => [
      name,
      `${verdict} ${code} ${sentence}`,
    ]);
    return Object.fromEntries(texts) as Record<string, string>;
  }

  const nft = (host: Host, rules: string) => host.namespace.run(['nft', '-f', '-'], rules);
  const fields = (name: string, over: object): ApiObject => ({ ...sliceObject(name, [pods[0]]), ...over });

  it('nothing, where nothing is', async () => {
    await expectWorking('works', '--try');
    await expectWorking('works', '--try', '--from', 'node');
    await expectWorking('works', '--from', pods[0].addresses.IPv4);
  });

  it('no such Service: those that are near are named', async () => {
    const answer = await ask('wroks');
    expect(answer).toMatchObject({ exitCode: 4, verdict: 'not found' });
    expect(answer.sentence).toContain('default/works');
  });

  it('nothing in what check says of the API server and of its clock', async () => {
    expect(await checked()).toMatchObject({
      agent: expect.stringMatching(/^fine {2}kube-ipvs-proxy \S+ answers/),
      'API server': expect.stringMatching(/^fine {2}it answers in \d+ ms$/),
      clock: "fine  the same as the API server's, within 5 s",
    });
  });

  it('no endpoints', async () => {
    await put('no-endpoints', { selector: undefined }, undefined);
    await expectCause('KIP101', 'no-endpoints');
  });

  it('an endpoint that is not ready', async () => {
    await put('not-ready', {}, sliceObject('not-ready', [], [], [pods[0]]));
    await expectCause('KIP102', 'not-ready');
  });

  it('a selector that matches nothing', async () => {
    await put('no-match', {}, []);
    expect((await expectCause('KIP103', 'no-match')).sentence).toContain('app=no-match');
  });

  it('a wrong targetPort', async () => {
    const ports = [{ name: 'http', protocol: 'TCP', port: 9999 }];
    await put('wrong-port', {}, fields('wrong-port', { ports }));
    await expectCause('KIP104', 'wrong-port', '--try');
  });

  it('a named port that no slice has', async () => {
    const ports = [{ name: 'web', protocol: 'TCP', port: 9376 }];
    await put('named-port', {}, fields('named-port', { ports }));
    await expectCause('KIP105', 'named-port');
  });

  it('policy Local without a pod on this node', async () => {
    await put('local', { internalTrafficPolicy: 'Local' }, [cluster.remotePod]);
    await expectCause('KIP201', 'local');
  });

  it('hints that leave this node an endpoint that is dead', async () => {
    const hinted = (address: string, zone: string) => ({
      addresses: [address],
      conditions: { ready: true },
      nodeName: 'node-1',
      hints: { forZones: [{ name: zone }] },
    });
    const endpoints = [hinted(NOBODY, 'zone-a'), hinted(cluster.remotePod.addresses.IPv4, 'zone-b')];
    await put('hinted', {}, fields('hinted', { endpoints }));
    await expectCause('KIP202', 'hinted', '--try');
  });

  it('a client outside of the source ranges', async () => {
    const spec = { type: 'LoadBalancer', loadBalancerSourceRanges: ['192.0.2.0/24'] };
    const address = await put('ranges', spec, [pods[0]]);
    const object = serviceObject('ranges', address);
    const status = { loadBalancer: { ingress: [{ ip: BALANCER }] } };
    await tell('update', 'services', { ...object, spec: { ...(object.spec as object), ...spec }, status });
    const outside = cluster.lab.outside.addresses.IPv4;
    await expectCause('KIP203', `${BALANCER}:80`, '--from', outside);
    await expectWorking(`${BALANCER}:80`, '--from', '192.0.2.9');
  });

  it('a virtual server of another program', async () => {
    const address = vip(services + 1).IPv4;
    await cluster.lab.node.namespace.run(['ipvsadm', '-A', '-t', `${address}:80`, '-s', 'rr']);
    await put('foreign', {}, [pods[0]]);
    await expectCause('KIP301', 'foreign');
    await cluster.lab.node.namespace.run(['ipvsadm', '-D', '-t', `${address}:80`]);
  });

  it('a VIP that another Service has', async () => {
    await put('taker', { externalIPs: [vip(1).IPv4] }, [pods[0]]);
    expect((await expectCause('KIP204', 'taker')).sentence).toContain('default/works');
  });

  it('a VIP that is the address of another node', async () => {
    await put('node-address', { externalIPs: [NODE_WIRE.there.IPv4] }, [pods[0]]);
    expect((await expectCause('KIP205', 'node-address')).sentence).toContain('node-2');
  });

  it('a host firewall that drops', async () => {
    const client = pods[0].addresses.IPv4;
    await nft(cluster.lab.node, FIREWALL);
    try {
      expect((await expectCause('KIP401', 'works', '--from', client)).sentence).toContain('ip firewall');
    } finally {
      await nft(cluster.lab.node, 'delete table ip firewall\n');
    }
    await expectWorking('works', '--from', client);
  });

  it('br_netfilter that is missing', async () => {
    const address = await put('bridged', {}, [pods[1]]);
    const client = pods[0];
    const reach = async (how: 'add' | 'del') => {
      for (const pod of pods) await pod.namespace.ip([`route ${how} ${NODE_PODS.cidrs.IPv4} dev eth0`]);
    };
    const target = { address, port: 80, protocol: 'TCP', patience: 1000 } as const;
    await reach('add');
    try {
      await waitUntil(async () => (await client.ask(target)).kind === 'timed out', { what: 'silence' });
      await expectCause('KIP403', 'bridged', '--try', '--from', client.addresses.IPv4);
    } finally {
      await reach('del');
    }
    await cluster.lab.node.namespace.run(['conntrack', '-F']);
    expect((await client.ask(target)).kind).toBe('answered');
    await expectWorking('bridged', '--try', '--from', client.addresses.IPv4);
  });

  // The limit is one for all namespaces, and can be written in the first only.
  it('connection tracking that is full', async () => {
    const limit = (await readFile(CONNTRACK_LIMIT, 'utf8')).trim();
    await writeFile(CONNTRACK_LIMIT, '1');
    try {
      await expectCause('KIP404', 'works');
    } finally {
      await writeFile(CONNTRACK_LIMIT, limit);
    }
    await expectWorking('works');
  });

  it('servers that all drain', async () => {
    const address = await put('draining', {}, [pods[2]]);
    const target = { address, port: 80, protocol: 'TCP' } as const;
    const { outside } = cluster.lab;
    await waitUntil(async () => (await outside.ask(target)).kind === 'answered', { what: 'an answer' });
    const held = await outside.hold(target);
    await tell('update', 'endpointslices', sliceObject('draining', []));
    const look = async () => (await ask('draining')).causes.includes('KIP208');
    await waitUntil(look, { what: 'KIP208', interval: 500 });
    expect((await ask('draining')).causes).toEqual(['KIP103', 'KIP208']);
    await held.close();
  });

  it('affinity to a pod that is dead', async () => {
    const { outside } = cluster.lab;
    const address = await put('affinity', { sessionAffinity: 'ClientIP' }, [pods[0], pods[1]]);
    const target = { address, port: 80, protocol: 'TCP' } as const;
    await waitUntil(async () => (await outside.ask(target)).kind === 'answered', { what: 'an answer' });
    const answer = await outside.ask(target);
    const dead = pods.find(({ name }) => answer.kind === 'answered' && answer.pod === name) ?? pods[0];
    await nft(dead, DEAD);
    try {
      await expectCause('KIP504', 'affinity', '--try', '--from', outside.addresses.IPv4);
    } finally {
      await nft(dead, 'delete table inet dead\n');
    }
    await expectWorking('affinity', '--try', '--from', outside.addresses.IPv4);
  });

  it('the label of another proxy', async () => {
    const object = serviceObject('labelled', vip(++services).IPv4);
    const labels = { 'service.kubernetes.io/service-proxy-name': 'cilium' };
    await tell('create', 'services', { ...object, metadata: { ...object.metadata, labels } });
    await expectCause('KIP107', 'labelled');
  });

  it('an agent that is behind the API server, because its watches are stuck', async () => {
    await cluster.server.tell({ kind: 'hold watches' });
    await tell('update', 'endpointslices', sliceObject('works', [pods[0]]));
    try {
      await expectCause('KIP604', 'works');
    } finally {
      await cluster.server.tell({ kind: 'release watches' });
    }
    await expectWorking('works');
  });

  it('an API server that is away', async () => {
    await cluster.server.tell({ kind: 'stop' });
    await expectCause('KIP603', 'works');
    expect((await checked())['API server']).toMatch(/^problem KIP603 it does not answer: /);
    await cluster.server.tell({ kind: 'resume' });
    await expectWorking('works');
  });

  // A running agent puts both back before anybody could ask.
  describe('while no agent runs:', () => {
    beforeAll(() => cluster.agent.kill());

    it('nothing, and that no agent answers is said', async () => {
      expect(await ask('works', '--try')).toMatchObject({ exitCode: 0, causes: [], remarks: ['KIP601'] });
    });

    it('nothing in what check says of the API server that a kubeconfig names', async () => {
      expect((await checked())['API server']).toMatch(/^unknown KIP709 no agent can be asked for it/);
      const kubeconfig = '/var/lib/kube-proxy/kubeconfig.conf';
      expect(await checked('--kubeconfig', kubeconfig)).toMatchObject({
        'API server': expect.stringMatching(/^fine {2}it answers in \d+ ms$/),
        clock: "fine  the same as the API server's, within 5 s",
      });
    });

    it('an address that somebody removed', async () => {
      const address = `${vip(1).IPv4}/32`;
      await cluster.lab.node.namespace.ip([`addr del ${address} dev kube-ipvs0`]);
      await expectCause('KIP302', 'works');
      await cluster.lab.node.namespace.ip([`addr add ${address} dev kube-ipvs0`]);
      expect((await ask('works')).causes).toEqual([]);
    });

    it('a sysctl that is off', async () => {
      const { node } = cluster.lab;
      await node.write('/proc/sys/net/ipv4/vs/conntrack', '0');
      expect((await expectCause('KIP307', 'works')).sentence).toContain('net.ipv4.vs.conntrack');
      await node.write('/proc/sys/net/ipv4/vs/conntrack', '1');
      expect((await ask('works')).causes).toEqual([]);
    });
  });
});
