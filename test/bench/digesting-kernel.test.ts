import { expect, it } from 'vitest';
import { DigestingKernel } from '../../bench/watch/digesting-kernel.js';
import { address, POD_1, POD_2, VIP_A, VIP_B } from '../support/addresses.js';
import { testAgent } from '../support/agent.js';
import { CountingKernel } from '../support/counting-kernel.js';
import { aService, aSlice } from '../support/objects.js';

it('an audit of what nobody changes looks at what was written once, and from then on at nothing', async () => {
  const kernel = new CountingKernel(new DigestingKernel());
  const agent = testAgent(kernel, undefined, { auditPeriod: 5_000, auditInterval: 5_000 });
  agent.source.put(
    aService('a', [VIP_A]),
    aSlice('a', [POD_1]),
    aService('b', [VIP_B]),
    aSlice('b', [POD_2]),
  );
  await agent.start();
  const looked = async () => {
    kernel.takeCounts();
    agent.clock.advance(5_000);
    await agent.loop.idle();
    const { looked: servers, observeAddressesAndSets } = kernel.takeCounts();
    return { servers, observeAddressesAndSets };
  };
  expect(await looked()).toEqual({ servers: 2, observeAddressesAndSets: 1 });
  expect(await looked()).toEqual({ servers: 0, observeAddressesAndSets: 1 });
  agent.source.put(aService('c', [address('10.96.0.77')]), aSlice('c', [POD_1]));
  await agent.loop.idle();
  expect(await looked()).toEqual({ servers: 1, observeAddressesAndSets: 1 });
  expect(agent.loop.state().totals.drift).toBe(0);
});
