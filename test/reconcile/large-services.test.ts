import { describe, expect, it } from 'vitest';
import { DesiredDataplane } from '../../src/desired/desired-dataplane.js';
import { LONE_NODE } from '../../src/desired/node-view.js';
import { KernelKeySet } from '../../src/model/kernel-keys.js';
import type { ServicePort } from '../../src/model/service.js';
import { address, POD_1, VIP_A, VIP_B } from '../support/addresses.js';
import { testAgent } from '../support/agent.js';
import { FakeKernel } from '../support/fake-kernel.js';
import { HandSource } from '../support/hand-source.js';
import { anEndpoint, aService, aSlice } from '../support/objects.js';

const PORTS: ServicePort[] = Array.from({ length: 5_000 }, (_, index) => ({
  name: `p${index}`,
  protocol: 'TCP',
  port: index + 1,
  nodePort: 0,
}));
const PODS = Array.from({ length: 7 }, (_, index) => address(`10.245.0.${index + 1}`));
/** With 40,000 virtual and real servers, and older than any other. */
const LARGE = aService('large', [VIP_A], { ports: PORTS, created: -1 });
const SLICE = aSlice('large', PODS, {
  ports: PORTS.map(({ name, protocol, port }) => ({ name, protocol, port })),
});

const ORDINARY = Array.from({ length: 10 }, (_, index) => address(`10.97.0.${index + 1}`));

/**
 * The place of the last virtual server of an ordinary Service among all that were added, and of the first of the large
 * one.
 */
function placesIn({ log }: FakeKernel) {
  const added = log.flatMap((operation) =>
    operation.kind === 'add-virtual-server' ? [operation.frontend.address] : [],
  );
  const isOrdinary = (each: (typeof added)[number]) => ORDINARY.includes(each);
  return { lastOrdinary: added.findLastIndex(isOrdinary), firstLarge: added.indexOf(VIP_A) };
}

const ordinaryObjects = () =>
  ORDINARY.flatMap((vip, index) => [aService(`web-${index}`, [vip]), aSlice(`web-${index}`, [POD_1])]);

describe('a Service at its limits', () => {
  it('is written after all others, at the start and when all change in one pass', async () => {
    for (const isLater of [false, true]) {
      const kernel = new FakeKernel();
      const source = new HandSource();
      const objects = [LARGE, SLICE, ...ordinaryObjects()];
      if (!isLater) source.put(...objects);
      else source.put(aService('other', [VIP_B]), aSlice('other', [POD_1]));
      const agent = testAgent(kernel, source);
      await agent.start();
      if (isLater) source.put(...objects);
      await agent.loop.idle();
      const { lastOrdinary, firstLarge } = placesIn(kernel);
      expect(kernel.state.virtualServers.size).toBe(5_010 + Number(isLater));
      expect(firstLarge).toBeGreaterThan(lastOrdinary);
    }
  });

  const pieces = (desired: DesiredDataplane, service = LARGE) =>
    desired.refreshInPieces(service.key, { service, slices: [SLICE] }, new KernelKeySet());

  it('is worked out in pieces of 512 virtual and real servers and one frontend at most', () => {
    const all = [...pieces(new DesiredDataplane(LONE_NODE))];
    expect(Math.max(...all)).toBeLessThan(512 + 1 + PODS.length);
    expect(all.reduce((sum, piece) => sum + piece, 0)).toBeGreaterThan(40_000 - 512);
  });

  it('shows nothing of itself before it is worked out as a whole', () => {
    const desired = new DesiredDataplane(LONE_NODE);
    const work = pieces(desired);
    work.next();
    expect([desired.virtualServers.size, desired.bound.size]).toEqual([0, 0]);
    while (work.next().done !== true);
    expect([desired.virtualServers.size, desired.bound.size]).toEqual([5_000, 1]);
  });

  it('follows what becomes known of the node between two pieces', () => {
    const desired = new DesiredDataplane(LONE_NODE);
    const work = pieces(desired);
    work.next();
    desired.setReserved([{ address: VIP_A, use: 'gateway', port: 0 }]);
    while (work.next().done !== true);
    expect([desired.virtualServers.size, desired.bound.size]).toEqual([0, 0]);
  });

  it('leaves the others their turn while it is worked out', async () => {
    const kernel = new FakeKernel();
    const source = new HandSource();
    source.put(aService('other', [VIP_B]), aSlice('other', [POD_1]));
    const agent = testAgent(kernel, source);
    await agent.start();
    source.put(LARGE, SLICE);
    let turns = 0;
    const count = () => {
      turns++;
      ticking = setImmediate(count);
    };
    let ticking = setImmediate(count);
    await agent.loop.idle();
    clearImmediate(ticking);
    expect(turns).toBeGreaterThanOrEqual(40_000 / 520 - 1);
  });

  it('with one frontend and a thousand endpoints is an ordinary one but for its place', async () => {
    const kernel = new FakeKernel();
    const source = new HandSource();
    const endpoints = Array.from({ length: 1_000 }, (_, index) =>
      anEndpoint(address(`10.246.${index >> 8}.${index & 255}`)),
    );
    source.put(aService('web', [VIP_A]), aSlice('web', [], { endpoints }));
    await testAgent(kernel, source).start();
    expect([...kernel.state.virtualServers.values()][0]?.realServers.size).toBe(1_000);
  });
});
