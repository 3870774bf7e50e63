import { expect, it } from 'vitest';
import { NodeKeepingKernel } from '../../src/kernel/node-keeping-kernel.js';
import { testAgent } from '../support/agent.js';
import { FakeKernel } from '../support/fake-kernel.js';

it('a sysctl of the node that somebody changes is set again by the audit, told, and counted as drift', async () => {
  let isAsSet = true;
  const told: string[] = [];
  const kernel = new NodeKeepingKernel(new FakeKernel(), async () => {
    const done = isAsSet ? [] : ['set net/netfilter/nf_conntrack_max=131072'];
    isAsSet = true;
    return { done };
  });
  const agent = testAgent(kernel, undefined, {}, { prepared: ({ done }) => told.push(...done) });
  await agent.start();
  told.length = 0;
  isAsSet = false;
  agent.clock.advance(5_000);
  await agent.loop.idle();
  expect(told).toEqual(['set net/netfilter/nf_conntrack_max=131072']);
  expect(agent.reports.at(-1)?.driftRepaired).toEqual(new Map([['sysctl', 1]]));
});
