import { expect, it } from 'vitest';
import { NO_TRAFFIC, trafficSince } from '../../src/model/counters.js';

const BEFORE = { connections: 5, inPackets: 50, outPackets: 40, inBytes: 5_000, outBytes: 9_000 };

it('is the difference of two readings', () => {
  const after = { ...BEFORE, connections: 6, inPackets: 53 };
  expect(trafficSince(BEFORE, after)).toEqual({ ...NO_TRAFFIC, connections: 1, inPackets: 3 });
});

it('is all that a virtual server has which was made anew in between, never less than nothing', () => {
  const after = { ...BEFORE, connections: 1, inPackets: 2 };
  expect(trafficSince(BEFORE, after)).toEqual(after);
});
