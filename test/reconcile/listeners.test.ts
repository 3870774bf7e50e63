import { describe, expect, it } from 'vitest';
import { atOnce } from '../../src/model/clock.js';
import { type FrontendKey, frontend } from '../../src/model/frontend.js';
import type { Protocol } from '../../src/model/protocol.js';
import { address, POD_1, VIP_A } from '../support/addresses.js';
import { testAgent } from '../support/agent.js';
import { FakeKernel } from '../support/fake-kernel.js';
import { aService, aSlice } from '../support/objects.js';

const DNS = { name: 'dns', protocol: 'UDP', port: 53, nodePort: 30_053 } as const;
const POD_DNS = { name: 'dns', protocol: 'UDP', port: 53 } as const;
const front = (port: number, protocol: Protocol = 'UDP') => frontend(VIP_A, port, protocol).key;
const PREFERS = { ports: [DNS], prefersNodeLocal: true };
const SLICE = aSlice('dns', [POD_1], { ports: [POD_DNS] });

/** Counts how often anybody asks. */
class AskedKernel extends FakeKernel {
  asked = 0;

  override listeners(): ReadonlySet<FrontendKey> | undefined {
    this.asked++;
    return super.listeners();
  }
}

async function agentWith(service: Parameters<typeof aService>[2], listening: readonly FrontendKey[] = []) {
  const kernel = new AskedKernel();
  kernel.listening = new Set(listening);
  const agent = testAgent(kernel);
  agent.source.put(aService('dns', [VIP_A], service), SLICE);
  await agent.start();
  const wait = async (seconds: number) => {
    for (let second = 0; second < seconds; second++) {
      agent.clock.advance(1_000);
      await agent.loop.idle();
    }
  };
  return { kernel, agent, wait };
}

describe('a Service that prefers processes of the node', () => {
  it('is left to one from the first pass on, so that a new start of the agent takes nothing from it', async () => {
    const { kernel } = await agentWith(PREFERS, [front(53)]);
    expect(kernel.log.filter(({ kind }) => kind === 'add-virtual-server')).toEqual([]);
    expect([...kernel.state.policy.traffic['node-local'].keys()]).toEqual([front(53)]);
  });

  it('gets its virtual server at the next look, a second at most after nobody listens any more', async () => {
    const { kernel, agent, wait } = await agentWith(PREFERS, [front(53)]);
    kernel.listening = new Set();
    await wait(1);
    expect(kernel.state.virtualServers.has(front(53))).toBe(true);
    expect(kernel.state.policy.traffic['node-local'].size).toBe(0);
    expect(agent.loop.state().synced).toBe(true);
  });

  it('stays as it is where nobody can tell who listens', async () => {
    const { kernel, wait } = await agentWith(PREFERS, [front(53)]);
    kernel.listening = undefined;
    await wait(2);
    expect(kernel.state.virtualServers.has(front(53))).toBe(false);
  });

  it('is left to one from its first pass on, where it was made after the start of the agent', async () => {
    const kernel = new AskedKernel();
    kernel.listening = new Set([front(53)]);
    const agent = testAgent(kernel);
    await agent.start();
    agent.source.put(aService('dns', [VIP_A], PREFERS), SLICE);
    await agent.loop.idle();
    expect(kernel.log.filter(({ kind }) => kind === 'add-virtual-server')).toEqual([]);
    expect([...kernel.state.policy.traffic['node-local'].keys()]).toEqual([front(53)]);
  });

  it('takes another port, another protocol or another address for no listener of its own', async () => {
    const elsewhere = frontend(address('10.0.0.7'), 53, 'UDP').key;
    const { kernel } = await agentWith(PREFERS, [front(54), front(53, 'TCP'), elsewhere]);
    expect(kernel.state.virtualServers.has(front(53))).toBe(true);
  });

  it('is left to the process at its ClusterIP alone', async () => {
    const kernel = new FakeKernel();
    const node = address('192.0.2.7');
    kernel.setNodeAddresses([node]);
    kernel.listening = new Set([front(53), frontend(node, 30_053, 'UDP').key]);
    const agent = testAgent(kernel);
    agent.source.put(aService('dns', [VIP_A], PREFERS), SLICE);
    await agent.start();
    expect([...kernel.state.virtualServers.keys()]).toEqual([frontend(node, 30_053, 'UDP').key]);
  });

  it('keeps its ClusterIP bound and guarded where the process has it on a device of its own', async () => {
    const { kernel, agent } = await agentWith(PREFERS, [front(53)]);
    kernel.setNodeAddresses([VIP_A]);
    await agent.loop.idle();
    agent.source.put(aService('dns', [VIP_A], { ...PREFERS, slowStart: 1 }));
    await agent.loop.idle();
    expect([kernel.state.bound.has(VIP_A), kernel.state.policy.guarded.has(VIP_A)]).toEqual([true, true]);
    expect(agent.loop.state().problems).toEqual([]);
  });

  it('is left to the process also without an endpoint', async () => {
    const { kernel, agent } = await agentWith(PREFERS, [front(53)]);
    agent.source.put(aSlice('dns', [], { ports: [POD_DNS] }));
    await agent.loop.idle();
    expect([...kernel.state.policy.traffic['node-local'].keys()]).toEqual([front(53)]);
    expect(atOnce(agent.desired.withoutEndpoints())).toEqual([]);
    expect(agent.desired.nodeLocal().map(({ owner }) => owner)).toEqual(['default/dns:dns']);
  });

  it('is served by IPVS again once it no longer prefers them', async () => {
    const { kernel, agent } = await agentWith(PREFERS, [front(53)]);
    agent.source.put(aService('dns', [VIP_A], { ports: [DNS] }));
    await agent.loop.idle();
    expect(kernel.state.virtualServers.has(front(53))).toBe(true);
  });
});

describe('who listens', () => {
  it('is asked once a second while a Service prefers processes of the node, and else never', async () => {
    const preferring = await agentWith(PREFERS);
    const { asked } = preferring.kernel;
    await preferring.wait(10);
    expect(preferring.kernel.asked - asked).toBe(10);
    const other = await agentWith({ ports: [DNS] }, [front(53)]);
    expect(other.kernel.state.virtualServers.has(front(53))).toBe(true);
    await other.wait(10);
    expect(other.kernel.asked).toBe(0);
  });
});
