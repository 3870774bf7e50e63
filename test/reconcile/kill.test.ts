import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Kernel } from '../../src/kernel/kernel.js';
import { operationText } from '../../src/model/operation.js';
import { testAgent } from '../support/agent.js';
import { apply, type Change, changes } from '../support/arbitrary-cluster.js';
import { dataplaneText } from '../support/dataplane-text.js';
import { withoutDrains } from '../support/desired-plane.js';
import { FakeKernel } from '../support/fake-kernel.js';
import { HandSource } from '../support/hand-source.js';
import { MortalKernel } from '../support/mortal-kernel.js';
import { copyOfPlane } from '../support/plane-copy.js';
import { SafetyWatch } from '../support/safety-watch.js';
import { SteppingKernel } from '../support/stepping-kernel.js';
import { TRANSITIONS } from '../support/transitions.js';

/** A source that has already sent so much. */
function sourceAfter(...batches: readonly (readonly Change[])[]): HandSource {
  const source = new HandSource();
  for (const batch of batches) apply(source, batch);
  return source;
}

/** A new agent, as after a restart, on whatever the kernel holds. */
async function startAgent(kernel: Kernel, source: HandSource) {
  const agent = testAgent(kernel, source, { drainDeadline: 5_000 });
  await agent.start();
  await agent.converge();
  return agent;
}

/** An agent that takes in the change and is killed after so many operations; true where it died before it was done. */
async function startMortalAgent(kernel: Kernel, source: HandSource, operations: number): Promise<boolean> {
  const mortal = new MortalKernel(kernel, operations);
  const agent = testAgent(mortal, source, { drainDeadline: 5_000 });
  const finished = agent.start().then(() => false);
  return await Promise.race([finished, mortal.died.then(() => true)]);
}

/** Kernel and desired state before the change, and a watch over every operation from now on. */
async function atWork(before: readonly Change[], after: readonly Change[]) {
  const kernel = new FakeKernel();
  await startAgent(kernel, sourceAfter(before));
  const { desired } = await startAgent(new FakeKernel(), sourceAfter(before, after));
  const watch = new SafetyWatch(kernel.state, desired);
  const breaches: string[] = [];
  const stepping = new SteppingKernel(kernel, (operation) => {
    for (const breach of watch.breaches(kernel.state))
      breaches.push(`${operationText(operation)}: ${breach}`);
  });
  return { kernel, stepping, desired, breaches };
}

describe.each(TRANSITIONS)('an agent killed during $name', ({ before, after }) => {
  it('after any operation leaves a safe kernel, and its successor finishes the work', async () => {
    let died = true;
    for (let operations = 0; died; operations++) {
      const { kernel, stepping, desired, breaches } = await atWork(before, after);
      died = await startMortalAgent(stepping, sourceAfter(before, after), operations);
      await startAgent(stepping, sourceAfter(before, after));
      expect(dataplaneText(withoutDrains(kernel.state, desired, kernel.state))).toBe(dataplaneText(desired));
      expect(breaches).toEqual([]);
    }
  });
});

describe('an agent killed again and again', () => {
  it('is safe at every moment and arrives, whatever changes while it is away', async () => {
    const lives = fc.array(fc.nat({ max: 8 }), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(changes, changes, lives, async (before, after, operations) => {
        const { kernel, stepping, desired, breaches } = await atWork(before, after);
        for (const life of operations) await startMortalAgent(stepping, sourceAfter(before, after), life);
        await startAgent(stepping, sourceAfter(before, after));
        expect(dataplaneText(withoutDrains(kernel.state, desired, kernel.state))).toBe(
          dataplaneText(desired),
        );
        expect(breaches).toEqual([]);
      }),
    );
  });
});

describe('an agent restarted with nothing changed', () => {
  it('writes nothing, whatever the cluster, even while servers drain', async () => {
    await fc.assert(
      fc.asyncProperty(changes, changes, async (before, after) => {
        const kernel = new FakeKernel();
        const agent = await startAgent(kernel, sourceAfter(before));
        apply(agent.source, after);
        await agent.loop.idle();
        const held = dataplaneText(copyOfPlane(kernel.state));
        kernel.log.length = 0;
        await startAgent(kernel, sourceAfter(before, after));
        expect(kernel.log.map(operationText)).toEqual([]);
        expect(dataplaneText(kernel.state)).toBe(held);
      }),
    );
  });
});
