import { describe, expect, it, vi } from 'vitest';
import { address, POD_1 } from '../support/addresses.js';
import { type TestAgent, testAgent } from '../support/agent.js';
import { FakeKernel } from '../support/fake-kernel.js';
import { HandSource } from '../support/hand-source.js';
import { aService, aSlice } from '../support/objects.js';
import { mostBetweenTurns } from '../support/turns.js';

const SERVICES = 1_000;
/** A part of a pass, of which each Service is looked at twice, and what the clock is not asked about. */
const MOST_BETWEEN_TURNS = 130;

function largeCluster(): HandSource {
  const source = new HandSource();
  for (let index = 0; index < SERVICES; index++) {
    const vip = address(`10.97.${index >> 8}.${index & 255}`);
    source.put(aService(`web-${index}`, [vip], { created: index }), aSlice(`web-${index}`, [POD_1]));
  }
  return source;
}

/** Each look at the clock finds that a slice of time is over. */
function withoutTime(agent: TestAgent): TestAgent {
  let now = 0;
  vi.spyOn(agent.clock, 'now').mockImplementation(() => {
    now += 10;
    return now;
  });
  return agent;
}

const settings = { auditInterval: 1e9, listenerInterval: 1e9, servicesAtOnce: 32 };

describe('in a pass over everything others have their turn', () => {
  it('while Services are looked up and sorted for the first pass', async () => {
    const source = largeCluster();
    const agent = withoutTime(testAgent(new FakeKernel(), source, settings));
    const looks = [vi.spyOn(source.view, 'look'), vi.spyOn(source.view, 'entriesAtMost')];
    const count = () => looks.reduce((sum, { mock }) => sum + mock.calls.length, 0);
    const most = await mostBetweenTurns(() => agent.start(), count);
    expect(count()).toBeGreaterThan(2 * SERVICES);
    expect(most).toBeLessThanOrEqual(MOST_BETWEEN_TURNS);
  });

  it('while slices are looked up that came before their Services', async () => {
    const source = new HandSource();
    source.put(aService('web', [address('10.97.0.0')]));
    for (let index = 0; index < SERVICES; index++) source.put(aSlice(`early-${index}`, [POD_1]));
    const agent = withoutTime(testAgent(new FakeKernel(), source, settings));
    const look = vi.spyOn(source.view, 'look');
    const most = await mostBetweenTurns(
      () => agent.start(),
      () => look.mock.calls.length,
    );
    expect(look.mock.calls.length).toBeGreaterThan(SERVICES);
    expect(most).toBeLessThanOrEqual(MOST_BETWEEN_TURNS);
  });

  it('while Services are worked out of which the kernel has all already', async () => {
    const kernel = new FakeKernel();
    const first = testAgent(kernel, largeCluster());
    await first.start();
    await first.loop.stop();
    kernel.log.length = 0;
    const agent = withoutTime(testAgent(kernel, largeCluster(), settings));
    const workedOut = vi.spyOn(agent.desired, 'refresh');
    const most = await mostBetweenTurns(
      () => agent.start(),
      () => workedOut.mock.calls.length,
    );
    expect([workedOut.mock.calls.length, kernel.log.length]).toEqual([SERVICES, 0]);
    expect(most).toBeLessThanOrEqual(MOST_BETWEEN_TURNS);
  });
});
