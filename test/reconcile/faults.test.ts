import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frontend } from '../../src/model/frontend.js';
import type { Operation } from '../../src/model/operation.js';
import { POD_1, POD_2, VIP_A } from '../support/addresses.js';
import { type TestAgent, testAgent } from '../support/agent.js';
import { apply, type Change, changes } from '../support/arbitrary-cluster.js';
import { foreignServer } from '../support/arbitrary-plane.js';
import { dataplaneText } from '../support/dataplane-text.js';
import { onlyDesired } from '../support/desired-plane.js';
import { FakeKernel } from '../support/fake-kernel.js';
import { fates } from '../support/fates.js';
import { type Fate, FaultyKernel } from '../support/faulty-kernel.js';
import { aService, aSlice } from '../support/objects.js';
import { copyOfPlane } from '../support/plane-copy.js';
import { SafetyWatch } from '../support/safety-watch.js';
import { SteppingKernel } from '../support/stepping-kernel.js';

const SHARE_OF_FAULTS = 0.1;
const THEIRS = foreignServer(frontend(VIP_A, 80, 'TCP'));

/** An agent over a kernel that fails at random; every moment of the kernel's true state is watched. */
function watchedAgent(kernel: FakeKernel, fate: () => Fate) {
  const breaches: string[] = [];
  let watch: SafetyWatch | undefined;
  const stepping = new SteppingKernel(kernel, () => breaches.push(...(watch?.breaches(kernel.state) ?? [])));
  const faulty = new FaultyKernel(stepping, fate);
  const agent = testAgent(faulty, undefined, { drainDeadline: 5_000 });
  return {
    agent,
    breaches,
    async tell(batch: readonly Change[]) {
      watch = new SafetyWatch(kernel.state, agent.desired);
      apply(agent.source, batch);
      await agent.loop.idle();
    },
  };
}

/** Lets time pass until nothing drains any more and the kernel has exactly what is desired. */
async function settled(agent: TestAgent, kernel: FakeKernel): Promise<string> {
  const expected = () =>
    dataplaneText(onlyDesired(agent.desired, copyOfPlane(kernel.state, kernel.foreign.keys())));
  for (let round = 0; round < 500 && dataplaneText(kernel.state) !== expected(); round++) {
    agent.clock.advance(agent.clock.next ?? 0);
    await agent.loop.idle();
  }
  return expected();
}

describe('an agent whose kernel refuses or loses every tenth operation', () => {
  it('arrives at what is desired, whatever changes in between, and is safe at every moment', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(changes, { maxLength: 6 }), fc.integer(), async (batches, seed) => {
        const kernel = new FakeKernel();
        const { agent, breaches, tell } = watchedAgent(kernel, fates(seed, SHARE_OF_FAULTS));
        await agent.start();
        for (const batch of batches) await tell(batch);
        const expected = await settled(agent, kernel);
        expect(dataplaneText(kernel.state)).toBe(expected);
        await agent.converge();
        expect(agent.loop.state().problems.filter(({ kind }) => kind === 'kernel')).toEqual([]);
        expect(agent.loop.state().drains).toEqual([]);
        expect(breaches).toEqual([]);
        expect(agent.errors).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  it("takes its own virtual server for nobody else's where two Services want it and the answer is lost", async () => {
    const kernel = new FakeKernel();
    let isLost = false;
    const fate = ({ kind }: Operation): Fate => {
      if (isLost || kind !== 'add-virtual-server') return 'works';
      isLost = true;
      return 'answer lost';
    };
    const agent = testAgent(new FaultyKernel(kernel, fate), undefined, { servicesAtOnce: 1 });
    agent.source.put(aService('older', [VIP_A]), aSlice('older', [POD_1]));
    agent.source.put(aService('younger', [VIP_A], { created: 1 }), aSlice('younger', [POD_2]));
    await agent.start();
    expect([...agent.loop.observed.foreign]).toEqual([]);
    await agent.converge();
    expect(kernel.state.policy.owned.get(THEIRS.frontend.key)?.owner).toBe('default/older:http');
    expect(kernel.state.policy.open.has(THEIRS.frontend.key)).toBe(true);
  });

  it('touches no virtual server that another program has held from the beginning', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(changes, { maxLength: 5 }), fc.integer(), async (batches, seed) => {
        const kernel = new FakeKernel();
        kernel.foreign.set(THEIRS.frontend.key, THEIRS);
        const { agent, tell } = watchedAgent(kernel, fates(seed, SHARE_OF_FAULTS));
        await agent.start();
        for (const batch of batches) await tell(batch);
        const expected = await settled(agent, kernel);
        expect(dataplaneText(kernel.state)).toBe(expected);
        expect([...kernel.foreign.values()]).toEqual([THEIRS]);
        expect(agent.errors).toEqual([]);
      }),
    );
  });

  // Here answers come, though they may be refusals: who finds a server and its own ledger entry after a lost answer
  // cannot know whether the server is that of its own write or of a program that was faster.
  it('touches no virtual server of another program that appears where a Service will be', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(changes, { minLength: 1, maxLength: 5 }),
        fc.nat({ max: 4 }),
        fc.integer(),
        async (batches, moment, seed) => {
          const kernel = new FakeKernel();
          const fate = fates(seed, SHARE_OF_FAULTS);
          const { agent, tell } = watchedAgent(kernel, () => (fate() === 'works' ? 'works' : 'refused'));
          await agent.start();
          for (const [index, batch] of batches.entries()) {
            const free = !kernel.state.virtualServers.has(THEIRS.frontend.key);
            if (free && index >= moment) kernel.foreign.set(THEIRS.frontend.key, THEIRS);
            await tell(batch);
          }
          const expected = await settled(agent, kernel);
          expect(dataplaneText(kernel.state)).toBe(expected);
          expect([...kernel.foreign.values()].every((server) => server === THEIRS)).toBe(true);
          expect(agent.errors).toEqual([]);
        },
      ),
    );
  });
});
