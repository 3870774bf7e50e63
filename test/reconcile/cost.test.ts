import { describe, expect, it, vi } from 'vitest';
import { frontend } from '../../src/model/frontend.js';
import { operationText } from '../../src/model/operation.js';
import { realServer } from '../../src/model/real-server.js';
import { address, POD_1, POD_2, POD_3, VIP_A, VIP_B } from '../support/addresses.js';
import { testAgent } from '../support/agent.js';
import { CountingKernel } from '../support/counting-kernel.js';
import { FakeKernel } from '../support/fake-kernel.js';
import { aService, aSlice, HTTP } from '../support/objects.js';

const TWENTY = Array.from({ length: 20 }, (_, n) => address(`198.51.100.${n + 1}`));

/** A started agent with so many Services, of which `web` will change. */
async function agentWith(services: number) {
  const kernel = new FakeKernel();
  const counting = new CountingKernel(kernel);
  const agent = testAgent(counting);
  agent.source.put(aService('web', [VIP_A]), aSlice('web', [POD_1, POD_2]));
  for (let index = 1; index < services; index++)
    agent.source.put(
      aService(`s${index}`, [address(`10.97.${index >> 8}.${index & 255}`)]),
      aSlice(`s${index}`, [POD_1, POD_2]),
    );
  await agent.start();
  await agent.converge();
  counting.takeCounts();
  kernel.log.length = 0;
  return { agent, kernel, counting };
}

async function costOfOneEndpoint(services: number) {
  const { agent, kernel, counting } = await agentWith(services);
  agent.source.put(aSlice('web', [POD_1, POD_3]));
  await agent.loop.idle();
  const { lastPass } = agent.loop.state();
  return { asked: counting.takeCounts(), services: lastPass?.services, log: kernel.log.map(operationText) };
}

describe('the cost of one changed endpoint', () => {
  it('is the same among 2,000 Services as with one: operations, calls and Services worked out', async () => {
    const alone = await costOfOneEndpoint(1);
    const among = await costOfOneEndpoint(2_000);
    expect(among.log).toEqual(alone.log);
    expect(among.asked).toMatchObject({ observe: 0, observeAddressesAndSets: 0, look: 0 });
    expect(among.asked.perform).toBeLessThanOrEqual(alone.asked.perform);
    expect(among.asked.performed).toBeLessThanOrEqual(alone.asked.performed);
    expect([among.services, alone.services]).toEqual([1, 1]);
  });

  it('of draining is one look a second at the draining frontend alone', async () => {
    const { agent, kernel, counting } = await agentWith(2_000);
    const [web, leaving] = [frontend(VIP_A, 80, 'TCP'), realServer(POD_2, 8080, 1)];
    kernel.setActivity(web.key, leaving.key, { active: 1, inactive: 0 });
    agent.source.put(aSlice('web', [POD_1]));
    await agent.loop.idle();
    counting.takeCounts();
    agent.clock.advance(1_000);
    await agent.loop.idle();
    expect(counting.takeCounts()).toMatchObject({ observe: 0, look: 1, looked: 1, perform: 0 });
  });

  it('of the audit is a slice at a time, and every virtual server once in its period', async () => {
    const { agent, counting } = await agentWith(1_200);
    agent.clock.advance(5_000);
    await agent.loop.idle();
    expect(counting.takeCounts()).toMatchObject({
      observe: 0,
      observeAddressesAndSets: 1,
      look: 4,
      looked: 200,
    });
    for (let slice = 1; slice < 6; slice++) {
      agent.clock.advance(5_000);
      await agent.loop.idle();
    }
    expect(counting.takeCounts()).toMatchObject({
      observe: 0,
      observeAddressesAndSets: 0,
      looked: 1_000,
      perform: 0,
    });
  });

  it('of the audit is bounded: what is more takes longer, and the state says how long', async () => {
    const kernel = new CountingKernel(new FakeKernel());
    const agent = testAgent(kernel, undefined, { auditLooksPerSecond: 10 });
    for (let index = 0; index < 200; index++)
      agent.source.put(
        aService(`s${index}`, [address(`10.97.0.${index}`)]),
        aSlice(`s${index}`, [POD_1, POD_2]),
      );
    await agent.start();
    expect(agent.loop.state().auditRound).toBe(30_000);
    kernel.takeCounts();
    agent.clock.advance(5_000);
    await agent.loop.idle();
    // 200 virtual servers with 2 real servers each are 600 entries, of which 50 are compared in five seconds.
    expect([kernel.takeCounts().looked, agent.loop.state().auditRound]).toEqual([17, 60_000]);
  });
});

describe('an audit by a kernel that tells one family at once', () => {
  it('takes as long as that family and the others need, and looks at the others one by one', async () => {
    const kernel = new FakeKernel();
    const counting = new CountingKernel(kernel);
    const agent = testAgent(counting);
    vi.spyOn(kernel, 'compareAtOnce').mockResolvedValue({
      families: ['IPv4'],
      changed: [],
      entries: 220_000,
      isLast: true,
    });
    agent.source.put(aService('web', [VIP_A]), aSlice('web', [POD_1]));
    agent.source.put(aService('six', [address('fd00::6')]), aSlice('six', [address('fd00:1::6')]));
    await agent.start();
    counting.takeCounts();
    agent.clock.advance(5_000);
    await agent.loop.idle();
    expect([counting.takeCounts().looked, agent.loop.state().auditRound]).toEqual([1, 60_000]);
  });
});

describe('a change that comes while the audit is under way', () => {
  it('is written after its next step, and the slice goes on where it was, to be told as one', async () => {
    const { agent, kernel, counting } = await agentWith(1_200);
    const look = vi.spyOn(kernel, 'lookForChanges');
    look.mockImplementationOnce(async (frontends) => {
      agent.source.put(aSlice('web', [POD_1, POD_3]));
      return kernel.look(frontends);
    });
    const written = vi.spyOn(kernel, 'perform');
    agent.reports.length = 0;
    agent.clock.advance(5_000);
    await agent.loop.idle();
    agent.clock.advance(0);
    await agent.loop.idle();
    const [first, second] = look.mock.invocationCallOrder;
    expect(written.mock.invocationCallOrder[0]).toBeGreaterThan(first ?? Number.NaN);
    expect(written.mock.invocationCallOrder[0]).toBeLessThan(second ?? Number.NaN);
    expect(counting.takeCounts()).toMatchObject({ looked: 200, observeAddressesAndSets: 1 });
    expect(agent.reports.map(({ auditMilliseconds }) => auditMilliseconds !== undefined)).toEqual([
      false,
      true,
    ]);
  });

  it('again and again does not keep the audit from coming to its end', async () => {
    const { agent, kernel, counting } = await agentWith(1_200);
    let pods = 0;
    vi.spyOn(kernel, 'lookForChanges').mockImplementation(async (frontends) => {
      agent.source.put(aSlice('web', [++pods % 2 === 0 ? POD_2 : POD_3]));
      return kernel.look(frontends);
    });
    agent.clock.advance(5_000);
    await agent.loop.idle();
    expect(counting.takeCounts().looked).toBeGreaterThanOrEqual(200);
  });
});

describe('one Service of 2,100 virtual and real servers that is edited ten times in a tenth of a second', () => {
  const flipped = (index: number) =>
    aService('flipped', [VIP_B], {
      created: 1,
      ports: Array.from({ length: 50 }, (_, n) => ({ ...HTTP, port: n + 1 })),
      externalIPs: index % 2 === 0 ? TWENTY : [],
    });

  it('costs the kernel one change of it, and others do not wait', async () => {
    const { agent, counting } = await agentWith(10);
    agent.source.put(aSlice('flipped', [POD_1]));
    agent.source.put(flipped(0));
    await agent.loop.idle();
    const once = counting.takeCounts().performed;
    expect(once).toBeGreaterThan(2_000);
    for (let index = 1; index <= 10; index++) {
      agent.clock.advance(10);
      agent.source.put(flipped(index));
      agent.source.put(aSlice('web', [POD_1, index % 2 === 0 ? POD_2 : POD_3]));
      await agent.loop.idle();
      // One server of the other Service comes and one goes.
      const { performed } = counting.takeCounts();
      expect(performed).toBeGreaterThan(0);
      expect(performed).toBeLessThan(10);
    }
    agent.source.put(flipped(1));
    await agent.converge();
    expect(agent.desired.bound.size).toBe(11);
    expect(counting.takeCounts().performed).toBeLessThan(3 * once);
  });
});
