import { describe, expect, it } from 'vitest';
import { atOnce } from '../../src/model/clock.js';
import { frontend } from '../../src/model/frontend.js';
import { NO_SERVERS } from '../../src/model/real-server.js';
import { POD_1, VIP_A, VIP_B } from '../support/addresses.js';
import { type TestAgent, testAgent } from '../support/agent.js';
import { FakeKernel } from '../support/fake-kernel.js';
import { FaultyKernel } from '../support/faulty-kernel.js';
import { aService, aSlice, HTTP, settings } from '../support/objects.js';

const FRONT = frontend(VIP_A, 80, 'TCP');
const statesOf = ({ loop }: TestAgent) =>
  atOnce(loop.unmetFrontends()).map(({ owner, frontend: { key }, state }) => `${owner} ${key} ${state}`);

describe('a frontend', () => {
  it('is pending until the kernel has acknowledged all of its pass, and then not reported any more', async () => {
    const seen: string[] = [];
    const performed = () => seen.push(...statesOf(agent));
    const agent: TestAgent = testAgent(new FakeKernel(), undefined, {}, { performed });
    agent.source.put(aService('web', [VIP_A]), aSlice('web', [POD_1]));
    await agent.start();
    expect(new Set(seen)).toEqual(new Set(['default/web:http 10.96.0.10:80/TCP pending']));
    expect(statesOf(agent)).toEqual([]);
  });

  it('is pending from when its Service changes', async () => {
    const agent = testAgent(new FakeKernel());
    agent.source.put(aService('web', [VIP_A]), aSlice('web', [POD_1]));
    await agent.start();
    agent.source.put(aSlice('web', []), aSlice('web', [POD_1]));
    expect(statesOf(agent)).toEqual(['default/web:http 10.96.0.10:80/TCP pending']);
    await agent.converge();
    expect(statesOf(agent)).toEqual([]);
  });

  it('that the kernel refuses is refused, with its words, and the others of the node are not', async () => {
    const kernel = new FaultyKernel(new FakeKernel(), (operation) =>
      operation.kind === 'add-virtual-server' && operation.frontend.key === FRONT.key ? 'refused' : 'works',
    );
    const agent = testAgent(kernel);
    agent.source.put(aService('web', [VIP_A]), aSlice('web', [POD_1]));
    agent.source.put(aService('other', [VIP_B]), aSlice('other', [POD_1]));
    await agent.start();
    expect(atOnce(agent.loop.unmetFrontends())).toEqual([
      {
        frontend: expect.objectContaining({ key: FRONT.key }),
        owner: 'default/web:http',
        state: 'refused',
        reason: expect.stringMatching(/^the kernel refused add-virtual-server .* \(ENOMEM\)\.$/),
      },
    ]);
  });

  it('whose address cannot be bound is refused', async () => {
    const kernel = new FaultyKernel(new FakeKernel(), ({ kind }) =>
      kind === 'bind-vip' ? 'refused' : 'works',
    );
    const agent = testAgent(kernel);
    agent.source.put(aService('web', [VIP_A]), aSlice('web', [POD_1]));
    await agent.start();
    expect(statesOf(agent)).toEqual(['default/web:http 10.96.0.10:80/TCP refused']);
  });

  it('where another program has a virtual server is foreign', async () => {
    const kernel = new FakeKernel();
    kernel.foreign.set(FRONT.key, { frontend: FRONT, settings: settings('rr'), realServers: NO_SERVERS });
    const agent = testAgent(kernel);
    agent.source.put(aService('web', [VIP_A]), aSlice('web', [POD_1]));
    await agent.start();
    expect(statesOf(agent)).toEqual(['default/web:http 10.96.0.10:80/TCP foreign']);
  });

  it('that another Service has is in conflict, of one Service at most ten', async () => {
    const agent = testAgent(new FakeKernel());
    const ports = Array.from({ length: 12 }, (_, index) => ({
      ...HTTP,
      name: `p${index}`,
      port: 80 + index,
    }));
    agent.source.put(aService('early', [VIP_A], { ports }), aService('late', [VIP_A], { ports, created: 1 }));
    await agent.start();
    const states = atOnce(agent.loop.unmetFrontends());
    expect(states).toHaveLength(10);
    expect(states[0]).toMatchObject({
      owner: 'default/late:p0',
      state: 'conflict',
      reason: 'Service default/early has it.',
    });
  });
});
