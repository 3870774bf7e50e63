import { describe, expect, it } from 'vitest';
import type { EndpointSlice } from '../../src/model/endpoint-slice.js';
import { type Frontend, frontend, insideKey, insideOf, isOwnMark } from '../../src/model/frontend.js';
import type { Service } from '../../src/model/service.js';
import { rehearse } from '../../src/reconcile/rehearsal.js';
import { address, POD_1, POD_2, VIP_A, VIP_B } from '../support/addresses.js';
import { testAgent } from '../support/agent.js';
import { FakeKernel } from '../support/fake-kernel.js';
import { HandSource } from '../support/hand-source.js';
import { anEndpoint, aService, aSlice } from '../support/objects.js';

const EXTERNAL = address('198.51.100.7');
const VIEW = insideKey(frontend(EXTERNAL, 80, 'TCP').key);

/** A Service with policy Local on an external address, and one endpoint here and one elsewhere. */
function local(name: string, over: Partial<Service> = {}) {
  const endpoints = [anEndpoint(POD_1, { node: 'node-1' }), anEndpoint(POD_2, { node: 'node-2' })];
  return [
    aService(name, [VIP_A], { externalIPs: [EXTERNAL], externalPolicy: 'Local', ...over }),
    aSlice(name, [], { endpoints }),
  ] as const;
}

const sourceOf = (...objects: readonly (Service | EndpointSlice)[]) => {
  const source = new HandSource();
  source.put(...objects);
  return source;
};

/** The mark in the ledger, in the map of what is open, and of the virtual server. */
function marksIn({ state: { policy, virtualServers } }: FakeKernel): (number | undefined)[] {
  const frontends: (Frontend | undefined)[] = [
    policy.owned.get(VIEW)?.frontend,
    policy.open.get(VIEW),
    virtualServers.get(VIEW)?.frontend,
  ];
  return frontends.map((front) => front?.mark);
}

describe('an inside view', () => {
  it('has one mark of the reserved ones everywhere, and the same after a restart', async () => {
    const kernel = new FakeKernel();
    await testAgent(kernel, sourceOf(...local('web'))).start();
    const before = marksIn(kernel);
    expect(isOwnMark(before[0] ?? 0)).toBe(true);
    expect(new Set(before).size).toBe(1);
    kernel.log.length = 0;
    await testAgent(kernel, sourceOf(...local('web'))).start();
    expect(marksIn(kernel)).toEqual(before);
    expect(kernel.log).toEqual([]);
  });

  it.each([
    ['of an earlier version, that a tenant may have chosen', 0xca6c],
    ['that another view of the ledger has', undefined],
  ])('is made anew where the kernel has it with a mark %s', async (_, mark) => {
    const kernel = new FakeKernel();
    await testAgent(kernel, sourceOf(...local('web'))).start();
    const [good = 0] = marksIn(kernel);
    const other = frontend(EXTERNAL, 81, 'TCP');
    if (mark === undefined) {
      kernel.state.policy.owned.clear();
      kernel.state.policy.owned.set(insideKey(other.key), { frontend: insideOf(other, good), owner: '' });
    }
    forge(kernel, mark ?? good);
    await testAgent(kernel, sourceOf(...local('web'))).start();
    const after = marksIn(kernel);
    expect(new Set(after).size).toBe(1);
    expect(after[0]).not.toBe(mark ?? good);
    expect(isOwnMark(after[0] ?? 0)).toBe(true);
  });

  it('is shown by a rehearsal as it would be made anew', async () => {
    const kernel = new FakeKernel();
    const { desired } = testAgent(new FakeKernel());
    await testAgent(kernel, sourceOf(...local('web'))).start();
    forge(kernel, 0xca6c);
    const { operations } = await rehearse(sourceOf(...local('web')), desired, kernel);
    expect(operations.map(({ kind }) => kind)).toEqual([
      'close-frontend',
      'delete-virtual-server',
      'disown-frontend',
      'own-frontend',
      'add-virtual-server',
      'add-real-server',
      'add-real-server',
      'open-frontend',
    ]);
  });

  it('whose mark others changed in our maps is made anew by the audit', async () => {
    const kernel = new FakeKernel();
    const agent = testAgent(kernel, sourceOf(...local('web')), { auditPeriod: 5_000, auditInterval: 5_000 });
    await agent.start();
    const [good] = marksIn(kernel);
    kernel.state.policy.open.set(VIEW, insideOf(frontend(EXTERNAL, 80, 'TCP'), 0x1234));
    for (let round = 0; round < 4; round++) {
      agent.clock.advance(5_000);
      await agent.loop.idle();
    }
    expect(marksIn(kernel)).toEqual([good, good, good]);
  });

  it('does not go to a Service that does not have the frontend', async () => {
    const kernel = new FakeKernel();
    const agent = testAgent(kernel);
    agent.source.put(aService('old', [VIP_B], { externalIPs: [EXTERNAL] }), aSlice('old', [POD_2]));
    agent.source.put(...local('young', { created: 5 }));
    await agent.start();
    expect(kernel.state.policy.open.has(frontend(EXTERNAL, 80, 'TCP').key)).toBe(true);
    expect(marksIn(kernel)).toEqual([undefined, undefined, undefined]);
    agent.source.deleteService(aService('old', [VIP_B]));
    agent.loop.wake();
    await agent.converge();
    expect(marksIn(kernel).every((mark) => mark !== undefined)).toBe(true);
    expect(agent.desired.frontendsOf(aService('young', []).key)).toContain(VIEW);
  });

  it('gives its mark back when nothing of it is left', async () => {
    const agent = testAgent(new FakeKernel(), new HandSource(), { drainDeadline: 1_000 });
    await agent.start();
    for (let edit = 0; edit < 50; edit++) {
      agent.source.put(...local('web', { externalIPs: [address(`198.51.100.${edit}`)] }));
      await agent.converge();
    }
    for (let second = 0; second < 10; second++) {
      agent.clock.advance(1_000);
      await agent.loop.idle();
    }
    expect(agent.desired.markCount).toBe(1);
  });
});

/** The kernel has the view with this mark, as another version, or somebody's saved rules, left it. */
function forge({ state }: FakeKernel, mark: number): void {
  const view = insideOf(frontend(EXTERNAL, 80, 'TCP'), mark);
  const server = state.virtualServers.get(VIEW);
  if (server === undefined) throw new Error('no inside view');
  state.virtualServers.set(VIEW, { ...server, frontend: view });
  state.policy.owned.set(VIEW, { frontend: view, owner: 'default/web:http' });
  state.policy.open.set(VIEW, view);
}
