import { expect, it, vi } from 'vitest';
import type { OtherAddressesAndSets } from '../../src/kernel/kernel.js';
import { POD_1, POD_2, POD_3, VIP_A } from '../support/addresses.js';
import { testAgent } from '../support/agent.js';
import { FakeKernel } from '../support/fake-kernel.js';
import { aService, aSlice } from '../support/objects.js';

/** A started agent whose audit reads addresses and sets as `read` says. */
async function auditedBy(read: (kernel: FakeKernel) => Promise<OtherAddressesAndSets>) {
  const kernel = new FakeKernel();
  const agent = testAgent(kernel);
  agent.source.put(aService('web', [VIP_A]), aSlice('web', [POD_1, POD_2]));
  await agent.start();
  const reads = vi.spyOn(kernel, 'lookForOtherAddressesAndSets').mockImplementation(() => read(kernel));
  const pods = () =>
    [...kernel.state.virtualServers.values()].flatMap(({ realServers }) =>
      [...realServers].map(({ address }) => address),
    );
  return { agent, kernel, reads, pods };
}

const turns = async () => {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
};

it('while the audit reads addresses and sets a change is written, and what was read is compared afterwards', async () => {
  let end: () => void = () => undefined;
  const { agent, kernel, pods } = await auditedBy(async (of) => {
    const seen = await of.observeAddressesAndSets();
    await new Promise<void>((resolve) => {
      end = resolve;
    });
    return seen;
  });
  const owned = kernel.state.policy.owned.size;
  kernel.state.policy.owned.clear();
  agent.clock.advance(5_000);
  await turns();
  agent.source.put(aSlice('web', [POD_1, POD_3]));
  agent.clock.advance(5);
  await turns();
  expect(pods()).toContain(POD_3);
  end();
  await agent.loop.idle();
  await agent.converge();
  expect(kernel.state.policy.owned.size).toBe(owned);
  expect(agent.loop.state().totals.drift).toBe(1);
});

it('what was written to while it was read is read again, the third time before anything else', async () => {
  const { agent, kernel, reads } = await auditedBy(async (of) =>
    reads.mock.calls.length < 3 ? 'overtaken' : of.observeAddressesAndSets(),
  );
  kernel.state.policy.guarded.clear();
  agent.clock.advance(5_000);
  await agent.loop.idle();
  expect(reads).toHaveBeenCalledTimes(3);
  expect([...kernel.state.policy.guarded]).toEqual([VIP_A]);
  expect(agent.reports.at(-1)?.auditMilliseconds).toBeDefined();
});

it('what cannot be read fails the pass, though others went meanwhile', async () => {
  const { agent } = await auditedBy(async () => {
    throw new Error('EINTR');
  });
  agent.clock.advance(5_000);
  await agent.loop.idle();
  expect(agent.errors.map((error) => (error as Error).message)).toEqual(['EINTR']);
});
