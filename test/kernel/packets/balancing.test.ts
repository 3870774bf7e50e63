import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Host } from '../../../lab/host.js';
import { FAMILIES } from '../../../src/model/address.js';
import { PROTOCOLS } from '../../../src/model/protocol.js';
import { service, slice } from './support/api-objects.js';
import { Cluster, POD_PORT } from './support/cluster.js';
import { dualStack } from './support/dual-stack.js';
import { IN_TEST_KERNEL } from './support/kernel-test.js';
import { takesTurns, tally, weights, who } from './support/summaries.js';
import { both, vip } from './support/vips.js';

const EVERY = vip(1);
const PORTS = vip(2);
const MERGED = vip(3);
const READINESS = vip(4);
const AFFINITY = vip(5);
const SINGLE = vip(6);
const OTHER_PROXY = vip(7);
const FORGETFUL = vip(8);

/** Seconds; longer than the ten for which IPVS remembers a closed connection, which would prolong the affinity. */
const SHORT_AFFINITY = 12;

describe.skipIf(!IN_TEST_KERNEL)('which pod answers', () => {
  let cluster: Cluster;
  let pods: readonly Host[];
  let client: Host;

  beforeAll(async () => {
    cluster = await Cluster.create();
    pods = cluster.lab.pods;
    client = cluster.lab.outside;
    for (const pod of pods) await Promise.all([pod.serve(7001, 'TCP'), pod.serve(7002, 'TCP')]);
    await putServices(cluster);
    await cluster.startAgent();
  });

  afterAll(() => cluster?.close());

  for (const family of FAMILIES)
    for (const protocol of PROTOCOLS)
      it(`gives ${protocol} requests over ${family} to the pods in turn`, async () => {
        const answers = await client.askTimes(9, { address: EVERY[family], port: 80, protocol });
        expect(takesTurns(answers, 3), who(answers).join(' ')).toBe(true);
        expect(tally(answers)).toEqual({ 'pod-0': 3, 'pod-1': 3, 'pod-2': 3 });
      });

  it('keeps several ports of one Service apart', async () => {
    const target = { address: PORTS.IPv4, protocol: 'TCP' } as const;
    expect(tally(await client.askTimes(4, { ...target, port: 80 }))).toEqual({ 'pod-0': 2, 'pod-1': 2 });
    expect(tally(await client.askTimes(2, { ...target, port: 443 }))).toEqual({ 'pod-2': 2 });
  });

  it('follows a named port to the number that each slice gives it', async () => {
    const report = await cluster.agent.status();
    expect(report && weights(report, `${MERGED.IPv4}:80/TCP`)).toEqual({
      [`${pods[0]?.addresses.IPv4}:7001`]: 1,
      [`${pods[1]?.addresses.IPv4}:7002`]: 1,
      [`${pods[2]?.addresses.IPv4}:7002`]: 1,
    });
  });

  it('merges the slices of a Service', async () => {
    const answers = await client.askTimes(6, { address: MERGED.IPv4, port: 80, protocol: 'TCP' });
    expect(tally(answers)).toEqual({ 'pod-0': 2, 'pod-1': 2, 'pod-2': 2 });
  });

  it('passes over a pod that is not ready', async () => {
    const answers = await client.askTimes(4, { address: READINESS.IPv4, port: 80, protocol: 'TCP' });
    expect(tally(answers)).toEqual({ 'pod-0': 2, 'pod-2': 2 });
  });

  it('takes in a pod that becomes ready, and lets go of one that is no longer', async () => {
    await cluster.folder.put('readiness', readiness(pods, [false, true, true]));
    const [frontend, first] = [`${READINESS.IPv4}:80/TCP`, `${pods[0]?.addresses.IPv4}:${POD_PORT}`];
    await cluster.agent.until('pod-0 to leave', (report) => !weights(report, frontend)?.[first]);
    const answers = await client.askTimes(4, { address: READINESS.IPv4, port: 80, protocol: 'TCP' });
    expect(tally(answers)).toEqual({ 'pod-1': 2, 'pod-2': 2 });
  });

  it('serves one family where the Service has one', async () => {
    const report = await cluster.agent.status();
    expect(report && weights(report, `${SINGLE.IPv4}:80/TCP`)).toBeUndefined();
    const answers = await client.askTimes(2, { address: SINGLE.IPv6, port: 80, protocol: 'TCP' });
    expect(tally(answers)).toEqual({ 'pod-0': 2 });
  });

  for (const family of FAMILIES)
    it(`keeps a client with one pod over ${family} under session affinity`, async () => {
      const target = { address: AFFINITY[family], port: 80, protocol: 'TCP' } as const;
      const clients = [client, cluster.lab.remotePods[0], cluster.lab.remote].filter(
        (host) => host !== undefined,
      );
      const answers = await Promise.all(clients.map((host) => host.askTimes(5, target)));
      expect(answers.map((list) => new Set(who(list)).size)).toEqual([1, 1, 1]);
      expect(new Set(answers.flatMap(who)).size).toBe(3);
    });

  it('sets affinity for three hours unless the Service says otherwise', async () => {
    const report = await cluster.agent.status();
    const timeouts = report?.virtualServers.map(({ frontend, persistenceTimeout }) => [
      frontend,
      persistenceTimeout,
    ]);
    expect(Object.fromEntries(timeouts ?? [])).toMatchObject({
      [`${AFFINITY.IPv4}:80/TCP`]: 10800,
      [`[${AFFINITY.IPv6}]:80/TCP`]: 10800,
      [`${FORGETFUL.IPv4}:80/TCP`]: SHORT_AFFINITY,
      [`${EVERY.IPv4}:80/TCP`]: 0,
    });
  });

  it('forgets a client after timeoutSeconds', async () => {
    const target = { address: FORGETFUL.IPv4, port: 80, protocol: 'TCP' } as const;
    const [before] = who(await client.askTimes(1, target));
    await new Promise((resolve) => setTimeout(resolve, (SHORT_AFFINITY + 2) * 1000));
    const [after] = who(await client.askTimes(1, target));
    expect(before).toMatch(/^pod-/);
    expect(after).toMatch(/^pod-/);
    expect(after).not.toBe(before);
  });

  it('leaves headless, ExternalName and other proxies\u2019 Services alone', async () => {
    const report = await cluster.agent.status();
    const names = report?.virtualServers.map(({ service: name }) => name).join(' ');
    expect(names).not.toMatch(/headless|external|other-proxy/);
    expect(report?.withoutEndpoints).toEqual([]);
    expect(report?.agent?.problems).toEqual([]);
    const bound = await cluster.boundVips();
    expect(bound).not.toContain(OTHER_PROXY.IPv4);
    expect(bound).toContain(EVERY.IPv4);
  });
});

async function putServices({ folder, lab }: Cluster): Promise<void> {
  const [first, second, third] = lab.pods;
  if (first === undefined || second === undefined || third === undefined)
    throw new Error('three pods expected');
  const everyProtocol = PROTOCOLS.map((protocol) => ({ name: protocol.toLowerCase(), protocol, port: 80 }));
  await folder.put('every', dualStack({ name: 'every', vip: EVERY, pods: lab.pods, ports: everyProtocol }));
  await folder.put('ports', severalPorts(lab.pods));
  await folder.put('merged', merged(lab.pods));
  await folder.put('readiness', readiness(lab.pods, [true, false, true]));
  const spec = { sessionAffinity: 'ClientIP' };
  await folder.put('affinity', dualStack({ name: 'affinity', vip: AFFINITY, pods: lab.pods, spec }));
  await folder.put('forgetful', [
    service({
      name: 'forgetful',
      clusterIPs: [FORGETFUL.IPv4],
      spec: { ...spec, sessionAffinityConfig: { clientIP: { timeoutSeconds: SHORT_AFFINITY } } },
    }),
    slice({ service: 'forgetful', endpoints: [first.addresses.IPv4, second.addresses.IPv4] }),
  ]);
  await folder.put('single', [
    service({ name: 'single', clusterIPs: [SINGLE.IPv6] }),
    slice({ service: 'single', family: 'IPv6', endpoints: [first.addresses.IPv6] }),
    slice({ service: 'single', family: 'IPv4', endpoints: [second.addresses.IPv4] }),
  ]);
  await folder.put('left-alone', leftAlone(third));
}

function severalPorts([first, second, third]: readonly Host[]): object[] {
  const ports = [
    { name: 'plain', port: 80 },
    { name: 'secure', port: 443 },
  ];
  const endpoints = (...hosts: (Host | undefined)[]) => hosts.flatMap((host) => host?.addresses.IPv4 ?? []);
  return [
    service({ name: 'ports', clusterIPs: both(PORTS).slice(0, 1), ports }),
    slice({
      service: 'ports',
      ports: [{ name: 'plain', port: POD_PORT }],
      endpoints: endpoints(first, second),
    }),
    slice({ service: 'ports', ports: [{ name: 'secure', port: POD_PORT }], endpoints: endpoints(third) }),
  ];
}

/** One named port with two numbers, and pod-1 in both of its slices. */
function merged([first, second, third]: readonly Host[]): object[] {
  const endpoints = (...hosts: (Host | undefined)[]) => hosts.flatMap((host) => host?.addresses.IPv4 ?? []);
  const web = (port: number) => [{ name: 'web', port }];
  return [
    service({ name: 'merged', clusterIPs: [MERGED.IPv4], ports: web(80) }),
    slice({ service: 'merged', ports: web(7001), endpoints: endpoints(first) }),
    slice({ service: 'merged', ports: web(7002), endpoints: endpoints(second, third) }),
    slice({ service: 'merged', ports: web(7002), endpoints: endpoints(second) }),
  ];
}

function readiness(pods: readonly Host[], ready: readonly boolean[]): object[] {
  const endpoints = pods.map(({ addresses }, index) => ({
    address: addresses.IPv4,
    ready: ready[index] ?? true,
  }));
  return [
    service({ name: 'readiness', clusterIPs: [READINESS.IPv4] }),
    slice({ service: 'readiness', endpoints }),
  ];
}

function leftAlone({ addresses }: Host): object[] {
  return ['headless', 'external', 'other-proxy'].flatMap((name) => [
    slice({ service: name, endpoints: [addresses.IPv4] }),
    leftAloneService(name),
  ]);
}

function leftAloneService(name: string): object {
  if (name === 'headless') return service({ name, clusterIPs: ['None'] });
  if (name === 'external')
    return service({ name, spec: { type: 'ExternalName', externalName: 'example.org' } });
  const labels = { 'service.kubernetes.io/service-proxy-name': 'another' };
  return service({ name, clusterIPs: [OTHER_PROXY.IPv4], labels });
}
