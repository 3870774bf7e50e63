import { describe, expect, it } from 'vitest';
import { frontend } from '../../src/model/frontend.js';
import { type Operation, type OperationKind, operationText } from '../../src/model/operation.js';
import { POD_1, POD_2, POD_3, VIP_A } from '../support/addresses.js';
import { testAgent } from '../support/agent.js';
import { foreignServer } from '../support/arbitrary-plane.js';
import { dataplaneText, serverLines } from '../support/dataplane-text.js';
import { FakeKernel } from '../support/fake-kernel.js';
import { type Fate, FaultyKernel } from '../support/faulty-kernel.js';
import { aService, aSlice, HTTP } from '../support/objects.js';

const FRONT = frontend(VIP_A, 80, 'TCP');
const WEB = aService('web', [VIP_A]);

/** An agent with one Service on two pods; the fates of later operations are the test's. */
async function agentWithFates() {
  const kernel = new FakeKernel();
  let fateOf: (operation: Operation) => Fate = () => 'works';
  const agent = testAgent(new FaultyKernel(kernel, (operation) => fateOf(operation)));
  agent.source.put(WEB, aSlice('web', [POD_1, POD_2]));
  await agent.start();
  return {
    agent,
    kernel,
    lines: () => serverLines(kernel.state.virtualServers.get(FRONT.key)),
    /** From now on operations of this kind fail so; all others work. */
    failing(kind: OperationKind, fate: Fate) {
      fateOf = (operation) => (operation.kind === kind ? fate : 'works');
    },
    working() {
      fateOf = () => 'works';
    },
  };
}

describe('old endpoints', () => {
  it('stay in service while the kernel refuses all of the new ones', async () => {
    const { agent, lines, failing, working } = await agentWithFates();
    failing('add-real-server', 'refused');
    agent.source.put(aSlice('web', [POD_3]));
    await agent.loop.idle();
    expect(lines()).toEqual([
      `${FRONT.key} rr`,
      '  -> 10.244.0.1:8080 weight 1',
      '  -> 10.244.0.2:8080 weight 1',
    ]);
    working();
    await agent.converge();
    expect(lines()).toEqual([
      `${FRONT.key} rr`,
      '  -> 10.244.0.1:8080 weight 0',
      '  -> 10.244.0.2:8080 weight 0',
      '  -> 10.244.0.3:8080 weight 1',
    ]);
  });

  it('drain although the kernel refuses a new one, where another stays', async () => {
    const { agent, lines, failing } = await agentWithFates();
    failing('add-real-server', 'refused');
    agent.source.put(aSlice('web', [POD_1, POD_3]));
    await agent.loop.idle();
    expect(lines()).toEqual([
      `${FRONT.key} rr`,
      '  -> 10.244.0.1:8080 weight 1',
      '  -> 10.244.0.2:8080 weight 0',
    ]);
  });

  it('of a deleted Service stay until its frontend could be closed', async () => {
    const { agent, lines, kernel, failing, working } = await agentWithFates();
    failing('close-frontend', 'refused');
    agent.source.deleteService(WEB);
    await agent.loop.idle();
    expect(lines()).toHaveLength(3);
    expect(lines()).not.toContain('  -> 10.244.0.1:8080 weight 0');
    working();
    await agent.converge();
    expect(kernel.state.policy.open.size).toBe(0);
    expect(lines()).toContain('  -> 10.244.0.1:8080 weight 0');
  });
});

describe('a lost answer about a set', () => {
  it('is followed by a full look that nobody has to ask for', async () => {
    const { agent, kernel, failing, working } = await agentWithFates();
    failing('close-frontend', 'answer lost');
    agent.source.put(aSlice('web', []));
    await agent.loop.idle();
    expect(agent.loop.state().synced).toBe(false);
    expect(agent.clock.next).toBe(250);
    working();
    await agent.converge();
    expect(kernel.state.policy.open.size).toBe(0);
    expect(agent.errors).toEqual([]);
  });
});

describe('the server of a program that was faster', () => {
  const theirs = foreignServer(FRONT);

  async function agentThatCannotGiveBack() {
    const kernel = new FakeKernel();
    let fate: Fate = 'refused';
    const faulty = new FaultyKernel(kernel, ({ kind }) => (kind === 'disown-frontend' ? fate : 'works'));
    const agent = testAgent(faulty);
    await agent.start();
    kernel.foreign.set(FRONT.key, theirs);
    agent.source.put(WEB, aSlice('web', [POD_1]));
    await agent.loop.idle();
    expect(kernel.state.policy.owned.size).toBe(1);
    return {
      agent,
      kernel,
      working() {
        fate = 'works';
      },
    };
  }

  it('stays theirs while the ledger entry cannot be given back, and the entry goes as soon as it can', async () => {
    const { agent, kernel, working } = await agentThatCannotGiveBack();
    agent.clock.advance(1_000);
    await agent.loop.idle();
    expect(kernel.foreign.get(FRONT.key)).toBe(theirs);
    working();
    agent.clock.advance(60_000);
    await agent.loop.idle();
    expect(kernel.state.policy.owned.size).toBe(0);
    expect(kernel.state.policy.open.size).toBe(0);
    expect(kernel.foreign.get(FRONT.key)).toBe(theirs);
  });

  it('stays theirs when everything is looked at anew in between', async () => {
    const { agent, kernel, working } = await agentThatCannotGiveBack();
    kernel.loseDevice();
    await agent.loop.idle();
    working();
    agent.clock.advance(60_000);
    await agent.loop.idle();
    expect(kernel.foreign.get(FRONT.key)).toBe(theirs);
    expect(kernel.state.policy.owned.size).toBe(0);
  });

  it('stays theirs where only a second attempt finds it', async () => {
    const kernel = new FakeKernel();
    const fates: Fate[] = ['refused'];
    const agent = testAgent(
      new FaultyKernel(kernel, ({ kind }) =>
        kind === 'add-virtual-server' ? (fates.pop() ?? 'works') : 'works',
      ),
    );
    agent.source.put(WEB, aSlice('web', [POD_1]));
    await agent.start();
    kernel.foreign.set(FRONT.key, theirs);
    agent.clock.advance(1_000);
    await agent.loop.idle();
    agent.clock.advance(1_000);
    await agent.loop.idle();
    expect(kernel.foreign.get(FRONT.key)).toBe(theirs);
    expect(kernel.state.policy.owned.size).toBe(0);
  });
});

describe('virtual servers whose ledger was removed while no agent ran', () => {
  it('are left alone with the addresses their clients use, and reported', async () => {
    const { kernel } = await agentWithFates();
    kernel.loseTable();
    for (const server of kernel.state.virtualServers.values())
      kernel.foreign.set(server.frontend.key, server);
    kernel.state.removeVirtualServer(FRONT);
    kernel.log.length = 0;
    const successor = testAgent(kernel);
    successor.source.put(WEB, aSlice('web', [POD_3]));
    await successor.start();
    expect(kernel.log.map(operationText)).toEqual([]);
    expect(successor.loop.state().problems).toMatchObject([{ kind: 'conflict', service: 'default/web' }]);
    expect([...kernel.state.bound]).toEqual([VIP_A]);
  });

  it('make room for ours when they are removed, and only then is the address guarded', async () => {
    const kernel = new FakeKernel();
    kernel.foreign.set(FRONT.key, foreignServer(FRONT));
    const agent = testAgent(kernel);
    agent.source.put(WEB, aSlice('web', [POD_1]));
    await agent.start();
    expect([kernel.state.policy.guarded.size, kernel.state.bound.size]).toEqual([0, 0]);
    kernel.foreign.clear();
    await agent.converge();
    expect(kernel.state.policy.guarded.has(VIP_A) && kernel.state.bound.has(VIP_A)).toBe(true);
    expect(kernel.state.policy.open.has(FRONT.key)).toBe(true);
  });
});

describe('a drain', () => {
  it('is forgotten when others remove its virtual server, table and device', async () => {
    const { agent, kernel } = await agentWithFates();
    agent.source.deleteService(WEB);
    await agent.loop.idle();
    expect(agent.loop.state().drains).toHaveLength(2);
    kernel.state.removeVirtualServer(FRONT);
    kernel.loseTable();
    kernel.loseDevice();
    await agent.loop.idle();
    expect(agent.loop.state().drains).toEqual([]);
    expect(dataplaneText(kernel.state)).toBe('');
  });
});

describe('a removed table', () => {
  it('is made again by the audit, with all that was in it', async () => {
    const { agent, kernel } = await agentWithFates();
    const before = dataplaneText(kernel.state);
    kernel.loseTable();
    for (let second = 0; second < 20; second++) {
      agent.clock.advance(1_000);
      await agent.loop.idle();
    }
    expect(dataplaneText(kernel.state)).toBe(before);
    expect(agent.loop.state().synced).toBe(true);
    expect(kernel.log.filter(({ kind }) => /server$/.test(kind)).map(operationText)).toHaveLength(3);
  });

  it('is made again by the next change', async () => {
    const { agent, kernel } = await agentWithFates();
    kernel.loseTable();
    agent.source.put(aService('other', [VIP_A], { ports: [{ ...HTTP, port: 81 }] }));
    agent.source.put(aSlice('other', [POD_1]));
    await agent.loop.idle();
    await agent.converge();
    expect([...kernel.state.policy.open.keys()].sort()).toEqual(['10.96.0.10:80/TCP', '10.96.0.10:81/TCP']);
  });
});
