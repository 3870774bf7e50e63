import { describe, expect, it } from 'vitest';
import { DesiredDataplane } from '../../src/desired/desired-dataplane.js';
import { LONE_NODE } from '../../src/desired/node-view.js';
import { parseCidr } from '../../src/model/cidr.js';
import { frontend } from '../../src/model/frontend.js';
import { operationText } from '../../src/model/operation.js';
import { RealServerList, realServer } from '../../src/model/real-server.js';
import type { VirtualServer } from '../../src/model/virtual-server.js';
import { rehearse } from '../../src/reconcile/rehearsal.js';
import type { Predecessor } from '../../src/reconcile/takeover.js';
import { address, POD_1, POD_2, POD_3, VIP_A, VIP_B } from '../support/addresses.js';
import { testAgent } from '../support/agent.js';
import { serverLines } from '../support/dataplane-text.js';
import { FakeKernel } from '../support/fake-kernel.js';
import { FaultyKernel } from '../support/faulty-kernel.js';
import { HandSource } from '../support/hand-source.js';
import { aService, aSlice } from '../support/objects.js';

/** What another load balancer serves on an address of its own. */
const ELSEWHERE = frontend(address('192.0.2.1'), 80, 'TCP');
const WANTED = frontend(VIP_A, 80, 'TCP');
const UNWANTED = frontend(VIP_B, 80, 'TCP');
const UNUSED = address('10.96.0.99');

function inherited(front = WANTED, weight = 1): VirtualServer {
  const servers = [POD_1, POD_2].map((pod) => realServer(pod, 8080, weight));
  return {
    frontend: front,
    settings: { scheduler: 'rr', schedulerFlags: '' as const, persistenceTimeout: 0 },
    realServers: new RealServerList(servers),
  };
}

const foreignLines = ({ foreign }: FakeKernel) => [...foreign.values()].flatMap(serverLines);

class NotedPredecessor implements Predecessor {
  removals = 0;
  log: readonly string[] = [];
  readonly #kernel: FakeKernel;

  constructor(kernel: FakeKernel) {
    this.#kernel = kernel;
  }

  async remove() {
    this.removals++;
    this.log = this.#kernel.log.map(operationText);
    return { done: [], warnings: [] };
  }
}

/** A kernel as kube-proxy leaves it, with a virtual server of another program beside. */
function kernelOfKubeProxy(...servers: readonly VirtualServer[]): FakeKernel {
  const kernel = new FakeKernel();
  for (const server of [...servers, inherited(ELSEWHERE)]) kernel.foreign.set(server.frontend.key, server);
  for (const { frontend: front } of servers) kernel.state.bound.add(front.address);
  return kernel;
}

function agentOver(
  kernel: FakeKernel,
  source = new HandSource(),
  predecessor = new NotedPredecessor(kernel),
) {
  return { kernel, predecessor, agent: testAgent(kernel, source, {}, { predecessor }) };
}

describe('taking over from kube-proxy', () => {
  it('enters and opens what a Service wants before any VIP is guarded, and makes nothing anew', async () => {
    const { agent, kernel, predecessor } = agentOver(kernelOfKubeProxy(inherited()));
    agent.source.put(aService('web', [VIP_A]), aSlice('web', [POD_1, POD_2]));
    await agent.start();
    expect(kernel.log.map(operationText)).toEqual([
      'own-frontend 10.96.0.10:80/TCP for default/web:http',
      'open-frontend 10.96.0.10:80/TCP',
      'guard-vip 10.96.0.10',
      'set-virtual-server 10.96.0.10:80/TCP rr',
    ]);
    expect(predecessor.removals).toBe(1);
  });

  it('brings real servers in line in place', async () => {
    const { agent, kernel } = agentOver(kernelOfKubeProxy(inherited()));
    agent.source.put(aService('web', [VIP_A]), aSlice('web', [POD_1, POD_3]));
    await agent.start();
    const weights = [...(kernel.foreign.get(WANTED.key)?.realServers ?? [])];
    expect(weights.map(({ key, weight }) => `${key} ${weight}`)).toEqual([
      '10.244.0.1:8080 1',
      '10.244.0.2:8080 0',
      '10.244.0.3:8080 1',
    ]);
  });

  it('adopts a NodePort by its Service, since its address is not on the dummy device', async () => {
    const kernel = kernelOfKubeProxy(inherited());
    kernel.state.bound.clear();
    const { agent } = agentOver(kernel);
    agent.source.put(aService('web', [VIP_A]), aSlice('web', [POD_1, POD_2]));
    await agent.start();
    expect(kernel.state.policy.owned.has(WANTED.key)).toBe(true);
  });

  it('drains what nothing wants and then lets go of its address; what is elsewhere stays', async () => {
    const { agent, kernel } = agentOver(kernelOfKubeProxy(inherited(UNWANTED)));
    await agent.start();
    const servers = () => [...(kernel.foreign.get(UNWANTED.key)?.realServers ?? [])];
    expect(servers().map(({ weight }) => weight)).toEqual([0, 0]);
    expect(kernel.state.bound.has(VIP_B)).toBe(true);
    agent.clock.advance(900_000);
    await agent.loop.idle();
    expect(kernel.foreign.has(UNWANTED.key)).toBe(false);
    expect(kernel.state.bound.has(VIP_B)).toBe(false);
    expect(serverLines(kernel.foreign.get(ELSEWHERE.key))).toEqual(serverLines(inherited(ELSEWHERE)));
  });

  it('takes over nothing in an excluded range, wanted or not, and says who holds what is wanted', async () => {
    const kernel = kernelOfKubeProxy(inherited(), inherited(UNWANTED));
    const before = foreignLines(kernel);
    const excluded = ['10.96.0.0/24', 'fd00::/8'].flatMap((text) => parseCidr(text) ?? []);
    const agent = testAgent(kernel, undefined, {}, { predecessor: new NotedPredecessor(kernel), excluded });
    agent.source.put(aService('web', [VIP_A]), aSlice('web', [POD_1, POD_3]));
    await agent.start();
    agent.clock.advance(900_000);
    await agent.loop.idle();
    expect(foreignLines(kernel)).toEqual(before);
    expect([...kernel.state.bound]).toEqual([VIP_A, VIP_B]);
    expect(agent.loop.state().problems).toMatchObject([{ kind: 'conflict', service: 'default/web' }]);
  });

  it('serves a Service in an excluded range like any other where nobody holds its address', async () => {
    const kernel = new FakeKernel();
    const excluded = [parseCidr('10.96.0.0/24')].flatMap((range) => range ?? []);
    const agent = testAgent(kernel, undefined, {}, { predecessor: new NotedPredecessor(kernel), excluded });
    agent.source.put(aService('web', [VIP_A]), aSlice('web', [POD_1]));
    await agent.start();
    expect(kernel.state.policy.open.has(WANTED.key)).toBe(true);
  });

  it('unbinds an address that has no virtual server any more', async () => {
    const kernel = kernelOfKubeProxy(inherited());
    kernel.state.bound.add(UNUSED);
    const { agent } = agentOver(kernel);
    agent.source.put(aService('web', [VIP_A]), aSlice('web', [POD_1, POD_2]));
    await agent.start();
    expect([...kernel.state.bound]).toEqual([VIP_A]);
  });

  it('removes the rules only after everything wanted is in our table', async () => {
    const { agent, predecessor } = agentOver(kernelOfKubeProxy(inherited()));
    agent.source.put(aService('web', [VIP_A]), aSlice('web', [POD_1, POD_2]));
    await agent.start();
    expect(predecessor.log).toContain('own-frontend 10.96.0.10:80/TCP for default/web:http');
  });

  it('leaves everything alone that a source may still ask for', async () => {
    const { agent, kernel, predecessor } = agentOver(kernelOfKubeProxy(inherited(), inherited(UNWANTED)));
    agent.source.put(aService('web', [VIP_A]), aSlice('web', [POD_1, POD_2]));
    agent.source.tell(agent.loop);
    agent.loop.begin();
    await agent.loop.idle();
    expect(kernel.state.policy.open.has(WANTED.key)).toBe(true);
    expect(kernel.log.map(operationText).filter((text) => text.includes(VIP_B))).toEqual([]);
    expect(predecessor.removals).toBe(0);
    await agent.start();
    expect(kernel.log.map(operationText)).toContain(
      `set-real-server 10.96.0.11:80/TCP 10.244.0.1:8080 weight 0`,
    );
    expect(predecessor.removals).toBe(1);
  });

  it('happens once: what comes later on an address of the device is foreign', async () => {
    const { agent, kernel } = agentOver(kernelOfKubeProxy(inherited()));
    agent.source.put(aService('web', [VIP_A]), aSlice('web', [POD_1, POD_2]));
    await agent.start();
    const late = inherited(frontend(VIP_A, 443, 'TCP'));
    kernel.foreign.set(late.frontend.key, late);
    kernel.loseDevice();
    await agent.converge();
    expect(kernel.foreign.get(late.frontend.key)).toEqual(late);
  });

  it('ends, with a warning, where what is left cannot be removed', async () => {
    const kernel = kernelOfKubeProxy(inherited());
    const warnings: string[] = [];
    const stubborn: Predecessor = { remove: () => Promise.reject(new Error('EPERM')) };
    const agent = testAgent(
      kernel,
      new HandSource(),
      {},
      {
        predecessor: stubborn,
        prepared: ({ warnings: more }) => warnings.push(...more),
      },
    );
    agent.source.put(aService('web', [VIP_A]), aSlice('web', [POD_1, POD_2]));
    await agent.start();
    await agent.converge();
    expect(warnings).toEqual([expect.stringContaining('could not be removed: EPERM. The next start')]);
  });

  it('can be rehearsed', async () => {
    const kernel = kernelOfKubeProxy(inherited(), inherited(UNWANTED));
    kernel.state.bound.add(UNUSED);
    const source = new HandSource();
    source.put(aService('web', [VIP_A]), aSlice('web', [POD_1, POD_2]));
    source.complete = true;
    const desired = new DesiredDataplane({ ...LONE_NODE, name: 'node-1', scheduler: 'rr' });
    const { operations } = await rehearse(source, desired, kernel, new NotedPredecessor(kernel));
    const texts = operations.map(operationText);
    expect(texts[0]).toBe('own-frontend 10.96.0.10:80/TCP for default/web:http');
    expect(texts).toContain('set-real-server 10.96.0.11:80/TCP 10.244.0.1:8080 weight 0');
    expect(texts.at(-1)).toBe('unbind-vip 10.96.0.99');
    expect(kernel.log).toEqual([]);
  });

  it('is not finished while the kernel refuses a part of our table', async () => {
    const kernel = kernelOfKubeProxy(inherited());
    const predecessor = new NotedPredecessor(kernel);
    let refusing = true;
    const faulty = new FaultyKernel(kernel, ({ kind }) =>
      refusing && kind === 'own-frontend' ? 'refused' : 'works',
    );
    const agent = testAgent(faulty, new HandSource(), {}, { predecessor });
    agent.source.put(aService('web', [VIP_A]), aSlice('web', [POD_1, POD_2]));
    await agent.start();
    expect(predecessor.removals).toBe(0);
    expect(agent.loop.state().synced).toBe(false);
    refusing = false;
    await agent.converge();
    expect(predecessor.removals).toBe(1);
  });

  it('does not happen unless it is asked for', async () => {
    const kernel = kernelOfKubeProxy(inherited());
    const agent = testAgent(kernel);
    agent.source.put(aService('web', [VIP_A]), aSlice('web', [POD_1, POD_2]));
    await agent.start();
    expect(serverLines(kernel.foreign.get(WANTED.key))).toEqual(serverLines(inherited()));
    expect(agent.loop.state().problems.map(({ kind }) => kind)).toEqual(['conflict']);
  });
});
