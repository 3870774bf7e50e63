import { expect, it, vi } from 'vitest';
import type { ServerKey } from '../../src/kernel/native/records.js';
import { frontendsOf } from '../../src/kernel/netlink/netlink-observation.js';
import { frontend } from '../../src/model/frontend.js';
import { VIP_A } from '../support/addresses.js';

const PORTS = Array.from({ length: 2_000 }, (_, index) => index + 1);

it('thousands of keys that the kernel tells at once are looked up with turns for others in between', async () => {
  const known = PORTS.slice(1).map((port) => frontend(VIP_A, port, 'TCP'));
  let taken = 0;
  function* keys(): Generator<ServerKey> {
    for (const port of PORTS) {
      taken++;
      yield { address: VIP_A, port, protocol: 'TCP' };
    }
  }
  let now = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => {
    now += 10;
    return now;
  });
  const seen: number[] = [];
  const turn = () => {
    seen.push(taken);
    if (taken < PORTS.length) setImmediate(turn);
  };
  setImmediate(turn);
  const found = await frontendsOf(keys(), new Map(known.map((each) => [each.key, { frontend: each }])));
  clock.mockRestore();
  expect(found).toEqual(known);
  expect(seen.length).toBeGreaterThan(5);
  expect(Math.max(...seen.map((count, index) => count - (seen[index - 1] ?? 0)))).toBeLessThan(500);
});
