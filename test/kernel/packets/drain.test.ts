import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OUTSIDE_WIRE } from '../../../lab/address-plan.js';
import type { Agent } from '../../../lab/agent.js';
import type { HeldConnection } from '../../../lab/held-connection.js';
import { waitUntil } from '../../../lab/wait-until.js';
import { DRAIN_DEADLINE } from '../../../src/api-objects/metadata.js';
import { FAMILIES, type Family } from '../../../src/model/address.js';
import type { StatusReport } from '../../../src/model/status-report.js';
import { Cluster, POD_PORT } from './support/cluster.js';
import { dualStack } from './support/dual-stack.js';
import { IN_TEST_KERNEL } from './support/kernel-test.js';
import { operationsSince, realServer, tally, weights } from './support/summaries.js';
import { vip } from './support/vips.js';

const CLOSING = vip(1);
const OVERSTAYING = vip(2);
const RETURNING = vip(3);
const NAMES = vip(4);
const STICKY = vip(5);
const RESUMING = vip(6);
const HASHED = vip(7);

/** Seconds; longer than the ten for which IPVS remembers a connection that was reset. */
const DEADLINE = 20;

/** Of the Service whose agent starts anew meanwhile, which a busy machine may need more than DEADLINE for. */
const LATE = { [DRAIN_DEADLINE]: '5m' };

describe.skipIf(!IN_TEST_KERNEL)('an endpoint that leaves', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await Cluster.create({ arguments: ['--drain-deadline', String(DEADLINE)] });
    for (const [name, vip, family, annotations] of [
      ['closing', CLOSING, 'IPv4', {}],
      ['overstaying', OVERSTAYING, 'IPv6', {}],
      ['returning', RETURNING, 'IPv4', {}],
      ['resuming', RESUMING, 'IPv6', LATE],
    ] as const) {
      const text = { name, vip, pods: cluster.lab.pods, families: [family], annotations };
      await cluster.folder.put(name, dualStack(text));
    }
    await cluster.folder.put('names', names(cluster.lab.pods));
    await cluster.folder.put('sticky', sticky(cluster.lab.pods));
    await cluster.folder.put('hashed', hashed(cluster.lab.pods));
    await cluster.startAgent();
  });

  afterAll(() => cluster?.close());

  const names = (pods: Cluster['lab']['pods']) =>
    dualStack({ name: 'names', vip: NAMES, pods, ports: [{ protocol: 'UDP', port: 53 }] });

  const sticky = (pods: Cluster['lab']['pods']) =>
    dualStack({ name: 'sticky', vip: STICKY, pods, spec: { sessionAffinity: 'ClientIP' } });

  /** Affinity with two ways in: a hash of the client's address chooses the pod. */
  const hashed = (pods: Cluster['lab']['pods']) =>
    dualStack({
      name: 'hashed',
      vip: HASHED,
      pods,
      spec: { sessionAffinity: 'ClientIP', externalIPs: ['198.51.100.7', '2001:db8:51::7'] },
    });

  /** Which pod answers clients of 30 addresses, each asking twice. */
  async function podsOfClients(family: Family): Promise<string[]> {
    const [network, length, base] = NETWORKS[family];
    const { outside } = cluster.lab;
    const target = { address: HASHED[family], port: 80, protocol: 'TCP' } as const;
    const answers: string[] = [];
    for (let number = 100; number < 130; number++) {
      const client = `${network}${number}`;
      const route = `route replace ${target.address}/${length === 64 ? 128 : 32} via ${base} src ${client}`;
      await outside.namespace.ip([`addr replace ${client}/${length} dev eth0 nodad`, route]);
      const seen = tally(await outside.askTimes(2, target));
      answers.push(Object.keys(seen).join(' and '));
    }
    return answers;
  }

  /** A connection to one Service, kept; then the pod that has it leaves. */
  async function holdAndRemove(
    name: string,
    vip: typeof CLOSING,
    family: Family,
    annotations = {},
  ): Promise<Held> {
    const { outside, pods } = cluster.lab;
    const connection = await outside.hold({ address: vip[family], port: 80, protocol: 'TCP' });
    const pod = connection.first.pod;
    const server = `${hostText(pods.find(({ name: candidate }) => candidate === pod)?.addresses[family])}:${POD_PORT}`;
    const frontend = `${hostText(vip[family])}:80/TCP`;
    const rest = pods.filter((candidate) => candidate.name !== pod);
    await cluster.folder.put(name, dualStack({ name, vip, pods: rest, families: [family], annotations }));
    await cluster.agent.until(`${server} to drain`, (report) => weights(report, frontend)?.[server] === 0);
    return { connection, pod, server, frontend };
  }

  function gone({ frontend, server }: Held, seconds: number) {
    return cluster.agent.until(
      `${server} to be deleted`,
      (report) => weights(report, frontend)?.[server] === undefined,
      seconds,
    );
  }

  it('keeps its connection, gets no new ones, and goes when the connection has ended', async () => {
    const held = await holdAndRemove('closing', CLOSING, 'IPv4');
    const target = { address: CLOSING.IPv4, port: 80, protocol: 'TCP' } as const;
    expect(tally(await cluster.lab.outside.askTimes(6, target))[held.pod]).toBeUndefined();
    expect(await held.connection.again()).toMatchObject({ kind: 'answered', pod: held.pod });
    const start = performance.now();
    await held.connection.close();
    await gone(held, DEADLINE);
    expect((performance.now() - start) / 1000).toBeLessThan(DEADLINE - 3);
  });

  it('goes at the deadline although a connection remains', async () => {
    const held = await holdAndRemove('overstaying', OVERSTAYING, 'IPv6');
    const start = performance.now();
    const report = await cluster.agent.until(
      'the deadline to be reported',
      (now) => timeLeft(now, held) !== undefined,
    );
    const left = timeLeft(report, held);
    expect(left).toBeGreaterThan(DEADLINE / 2);
    expect(left).toBeLessThanOrEqual(DEADLINE);
    await gone(held, DEADLINE + 10);
    expect((performance.now() - start) / 1000).toBeGreaterThan(DEADLINE / 2);
    expect((await held.connection.again()).kind).not.toBe('answered');
  });

  it('gets its weight back by an edit, and its connection never notices', async () => {
    const held = await holdAndRemove('returning', RETURNING, 'IPv4');
    const before = cluster.agent.log.length;
    await cluster.folder.put(
      'returning',
      dualStack({ name: 'returning', vip: RETURNING, pods: cluster.lab.pods, families: ['IPv4'] }),
    );
    const report = await cluster.agent.until(
      `${held.server} to be back`,
      (now) => weights(now, held.frontend)?.[held.server] === 1,
    );
    expect(await held.connection.again()).toMatchObject({ kind: 'answered', pod: held.pod });
    const server = realServer(report, held.frontend, held.server);
    expect(server).toMatchObject({ weight: 1, active: 1 });
    expect(server).not.toHaveProperty('drainSecondsLeft');
    const logged = await waitUntil(async () => edits(cluster.agent, before), { what: 'the edit in the log' });
    expect(logged).not.toHaveProperty('add-real-server');
    const target = { address: RETURNING.IPv4, port: 80, protocol: 'TCP' } as const;
    expect(tally(await cluster.lab.outside.askTimes(3, target))).toEqual({
      'pod-0': 1,
      'pod-1': 1,
      'pod-2': 1,
    });
  });

  it('goes on draining over a restart of the agent', async () => {
    const held = await holdAndRemove('resuming', RESUMING, 'IPv6', LATE);
    await cluster.agent.kill();
    expect(await held.connection.again()).toMatchObject({ kind: 'answered', pod: held.pod });
    await cluster.startAgent();
    const report = await cluster.agent.status();
    expect(report && weights(report, held.frontend)?.[held.server]).toBe(0);
    expect(await held.connection.again()).toMatchObject({ kind: 'answered', pod: held.pod });
    await held.connection.close();
    await gone(held, 2 * 60);
  });

  it('is left by the clients that affinity had tied to it, while their open connections go on', async () => {
    const { outside, pods } = cluster.lab;
    const target = { address: STICKY.IPv4, port: 80, protocol: 'TCP' } as const;
    const held = await outside.hold(target);
    expect(tally(await outside.askTimes(3, target))).toEqual({ [held.first.pod]: 3 });
    await cluster.folder.put('sticky', sticky(pods.filter(({ name }) => name !== held.first.pod)));
    await cluster.agent.until('the pod to drain', (report) =>
      Object.values(weights(report, `${STICKY.IPv4}:80/TCP`) ?? {}).includes(0),
    );
    const after = tally(await outside.askTimes(3, target));
    expect(Object.values(after)).toEqual([3]);
    expect(after[held.first.pod]).toBeUndefined();
    expect(await held.again()).toMatchObject({ kind: 'answered', pod: held.first.pod });
    await held.close();
  });

  for (const family of FAMILIES)
    it(`refuses none of the clients that a hash had led to it, and each keeps to one pod (${family})`, async () => {
      const { pods } = cluster.lab;
      await cluster.folder.put('hashed', hashed(pods));
      const weightsNow = (report: StatusReport) => weights(report, `${hostText(HASHED[family])}:80/TCP`);
      await cluster.agent.until('three pods', (report) =>
        hasWeights(Object.values(weightsNow(report) ?? {}), [1, 1, 1]),
      );
      expect(new Set(await podsOfClients(family))).toEqual(new Set(pods.map(({ name }) => name)));
      await cluster.folder.put('hashed', hashed(pods.slice(1)));
      await cluster.agent.until('the pod to drain', (report) =>
        hasWeights(Object.values(weightsNow(report) ?? {}), [0, 1, 1]),
      );
      const rest = pods.slice(1).map(({ name }) => name);
      expect(new Set(await podsOfClients(family))).toEqual(new Set(rest));
    });

  for (const family of FAMILIES)
    it(`of UDP goes at once: a client that keeps its port meets another pod (${family})`, async () => {
      const { outside, pods } = cluster.lab;
      const frontend = `${hostText(NAMES[family])}:53/UDP`;
      const servers = (report: StatusReport) => Object.keys(weights(report, frontend) ?? {}).length;
      await cluster.folder.put('names', names(pods));
      await cluster.agent.until('three pods', (report) => servers(report) === 3);
      const client = await outside.hold({
        address: NAMES[family],
        port: 53,
        protocol: 'UDP',
        sourcePort: 5353,
      });
      expect(await client.again()).toMatchObject({ kind: 'answered', pod: client.first.pod });
      await cluster.folder.put('names', names(pods.filter(({ name }) => name !== client.first.pod)));
      await cluster.agent.until(
        'two pods',
        (report) => report.agent?.synced === true && servers(report) === 2,
      );
      const next = await client.again();
      expect(next.kind).toBe('answered');
      expect(next).not.toMatchObject({ pod: client.first.pod });
      await client.close();
    });
});

interface Held {
  readonly connection: HeldConnection;
  readonly pod: string;
  readonly server: string;
  readonly frontend: string;
}

/** Clients' addresses without their last number, the prefix, and the node's address there. */
const NETWORKS = {
  IPv4: ['203.0.113.', 24, OUTSIDE_WIRE.here.IPv4],
  IPv6: ['2001:db8:113::', 64, OUTSIDE_WIRE.here.IPv6],
} as const satisfies Record<Family, readonly [string, number, string]>;

function hasWeights(found: readonly number[], expected: readonly number[]): boolean {
  return [...found].sort().join() === expected.join();
}

/** The operations logged since, once an edit of a real server is among them. */
function edits(agent: Agent, start: number): Record<string, number> | undefined {
  const operations = operationsSince(agent, start);
  return operations['set-real-server'] === undefined ? undefined : operations;
}

function timeLeft(report: StatusReport, { frontend, server }: Held): number | undefined {
  return realServer(report, frontend, server)?.drainSecondsLeft;
}

function hostText(address: string | undefined): string {
  return address?.includes(':') === true ? `[${address}]` : String(address);
}
