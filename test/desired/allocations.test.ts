import { describe, expect, it } from 'vitest';
import { Allocations } from '../../src/desired/allocations.js';
import { DesiredDataplane } from '../../src/desired/desired-dataplane.js';
import { LONE_NODE, NO_LIMITS } from '../../src/desired/node-view.js';
import { ClusterView } from '../../src/model/cluster-view.js';
import { KernelKeySet } from '../../src/model/kernel-keys.js';
import type { Service } from '../../src/model/service.js';
import { serviceKey } from '../../src/model/service-key.js';
import { address, POD_1, POD_2, VIP_A, VIP_B } from '../support/addresses.js';
import { testAgent } from '../support/agent.js';
import { FakeKernel } from '../support/fake-kernel.js';
import { aService, aSlice, HTTP } from '../support/objects.js';

const OWN = address('172.18.0.2');
const FREE = address('198.51.100.7');
const SSH = { ...HTTP, port: 22 };
const VICTIM = aService('victim', [VIP_A], { created: 2_000 });

/** Older than its victim, and on a port that the victim does not have. */
const thief = (over: Partial<Service>) =>
  aService('thief', [VIP_B], { created: 1_000, ports: [SSH], ...over });

const FIELDS = [
  ['spec.externalIPs', { externalIPs: [VIP_A] }],
  ['status.loadBalancer', { loadBalancerIPs: [VIP_A] }],
] as const;

async function agentWith(node = {}) {
  const kernel = new FakeKernel();
  kernel.setNodeAddresses([OWN]);
  const agent = testAgent(kernel, undefined, {}, { node });
  agent.source.put(aSlice('victim', [POD_1]), aSlice('thief', [POD_2]));
  await agent.start();
  const put = async (...services: readonly Service[]) => {
    agent.source.put(...services);
    await agent.loop.idle();
    await agent.loop.idle();
  };
  const programmed = () => [...kernel.state.virtualServers.keys()].sort();
  const reported = () => agent.desired.problems.map(({ field, message }) => `${field}: ${message}`);
  return { agent, kernel, put, programmed, reported };
}

describe('another port of a ClusterIP', () => {
  it.each(FIELDS)("is nobody else's by %s, whoever is older, and that is reported", async (field, over) => {
    const { put, programmed, reported } = await agentWith();
    await put(VICTIM, thief(over));
    expect(programmed()).toEqual(['10.96.0.10:80/TCP', '10.96.0.11:22/TCP']);
    expect(reported()).toEqual([
      `${field}: ${VIP_A} is the ClusterIP of Service default/victim, whose ports are all its own, so it is not served.`,
    ]);
  });

  it.each(FIELDS)('goes at once, without a drain, from who had it by %s first', async (_, over) => {
    const { put, programmed, kernel } = await agentWith();
    await put(thief(over));
    expect(programmed()).toContain('10.96.0.10:22/TCP');
    const server = [...(kernel.state.virtualServers.get('10.96.0.10:22/TCP' as never)?.realServers ?? [])][0];
    kernel.setActivity('10.96.0.10:22/TCP' as never, server?.key as never, { active: 1, inactive: 0 });
    await put(VICTIM);
    expect(programmed()).toEqual(['10.96.0.10:80/TCP', '10.96.0.11:22/TCP']);
  });

  it('is served again when the Service with the ClusterIP has gone or has another', async () => {
    for (const leave of [undefined, aService('victim', [address('10.96.0.77')])]) {
      const { agent, put, programmed, reported } = await agentWith();
      await put(VICTIM, thief({ externalIPs: [VIP_A] }));
      if (leave === undefined) agent.source.deleteService(VICTIM);
      await put(...(leave === undefined ? [] : [leave]));
      expect(programmed()).toContain('10.96.0.10:22/TCP');
      expect(reported()).toEqual([]);
    }
  });

  it('concerns only those that write the address, however many others write others', () => {
    const touchedAmong = (others: number) => {
      const view = new ClusterView();
      const desired = new DesiredDataplane(LONE_NODE);
      const services = Array.from({ length: others }, (_, index) =>
        aService(`other-${index}`, [address(`10.97.${index >> 8}.${index & 255}`)], {
          externalIPs: [address(`20.0.${index >> 8}.${index & 255}`)],
        }),
      );
      for (const service of [...services, thief({ externalIPs: [VIP_A] })]) {
        view.setService(service);
        desired.refresh(service.key, view.look(service.key));
      }
      view.setService(VICTIM);
      const touched = new KernelKeySet();
      desired.refresh(VICTIM.key, view.look(VICTIM.key), touched);
      const concerned = desired.takeConcerned();
      for (const key of concerned) desired.refresh(key, view.look(key), touched);
      return { concerned, frontends: touched.frontends.size };
    };
    expect(touchedAmong(2_000)).toEqual(touchedAmong(0));
    expect(touchedAmong(0)).toEqual({ concerned: [serviceKey('default', 'thief')], frontends: 3 });
  });
});

describe('the health check node port of a load balancer', () => {
  const BALANCED = aService('victim', [VIP_A], {
    loadBalancerIPs: [FREE],
    externalPolicy: 'Local',
    healthCheckNodePort: 30_500,
  });
  const onIt = { ports: [{ ...HTTP, port: 30_500 }] };
  const ON_NODES = { limits: { ...NO_LIMITS, externalIPsOnNodes: true } };

  it.each([
    ['status.loadBalancer', { ...onIt, loadBalancerIPs: [OWN] }],
    ['spec.externalIPs', { ...onIt, externalIPs: [OWN] }],
  ])("is no other Service's by %s, in whatever order they come", async (_, over) => {
    for (const services of [
      [BALANCED, thief(over)],
      [thief(over), BALANCED],
    ]) {
      const { put, programmed, reported } = await agentWith(ON_NODES);
      for (const service of services) await put(service);
      expect(programmed()).not.toContain(`${OWN}:30500/TCP`);
      expect(reported()).toContainEqual(
        `spec.ports[0].port: 30500 at ${OWN}, an address of this node itself, is where the health check of Service ` +
          'default/victim answers, so it is not served there.',
      );
    }
  });

  it('is free again when its Service has gone, for UDP at any time, and elsewhere as well', async () => {
    const { agent, put, programmed } = await agentWith(ON_NODES);
    await put(BALANCED, thief({ ...onIt, externalIPs: [OWN, address('20.0.0.1')] }));
    expect(programmed()).toContain('20.0.0.1:30500/TCP');
    agent.source.deleteService(BALANCED);
    await put();
    expect(programmed()).toContain(`${OWN}:30500/TCP`);
    const udp = [{ name: 'http', protocol: 'UDP', port: 30_500 } as const];
    agent.source.put(aSlice('thief', [POD_2], { ports: udp }));
    await put(BALANCED, thief({ ports: [{ ...HTTP, protocol: 'UDP', port: 30_500 }], externalIPs: [OWN] }));
    expect(programmed()).toContain(`${OWN}:30500/UDP`);
  });
});

describe('allocations', () => {
  it('are forgotten with their Services, so that none is concerned by what is gone', () => {
    const allocations = new Allocations();
    const claim = thief({ externalIPs: [VIP_A] });
    allocations.refresh(claim.key, undefined, claim);
    allocations.refresh(VICTIM.key, undefined, VICTIM);
    expect(allocations.holderOf(VIP_A, claim.key)).toBe(VICTIM.key);
    expect(allocations.holderOf(VIP_A, VICTIM.key)).toBeUndefined();
    expect(allocations.takeConcerned()).toEqual([claim.key]);
    allocations.refresh(claim.key, claim, undefined);
    allocations.refresh(VICTIM.key, VICTIM, undefined);
    expect(allocations.holderOf(VIP_A, claim.key)).toBeUndefined();
    expect(allocations.takeConcerned()).toEqual([]);
  });

  it('concern nobody who is worked out anyway after they came', () => {
    const allocations = new Allocations();
    const claim = thief({ externalIPs: [VIP_A] });
    allocations.refresh(claim.key, undefined, claim);
    allocations.refresh(VICTIM.key, undefined, VICTIM);
    allocations.refresh(claim.key, claim, claim);
    expect(allocations.takeConcerned()).toEqual([]);
  });
});
