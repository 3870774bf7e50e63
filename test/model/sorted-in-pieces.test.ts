import fc from 'fast-check';
import { expect, it } from 'vitest';
import { atOnce } from '../../src/model/clock.js';
import { sortedInPieces } from '../../src/model/sorted-in-pieces.js';

type Item = readonly [number, number];
const compare = ([a]: Item, [b]: Item) => a - b;

it('a list sorted in pieces is the list sorted at once, and what is equal keeps its order', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 20 }), { maxLength: 3_000 }), (numbers) => {
      const items = numbers.map((number, index): Item => [number, index]);
      expect(atOnce(sortedInPieces(items, compare))).toEqual([...items].sort(compare));
    }),
    { numRuns: 50 },
  );
});

it('no piece compares more than some thousand times', () => {
  const items = Array.from({ length: 20_000 }, (_, index): Item => [(index * 7_919) % 20_000, index]);
  let [compared, most, before] = [0, 0, 0];
  const pieces = sortedInPieces(items, (a, b) => {
    compared++;
    return compare(a, b);
  });
  while (pieces.next().done !== true) {
    most = Math.max(most, compared - before);
    before = compared;
  }
  expect(compared).toBeGreaterThan(100_000);
  expect(most).toBeLessThan(6_000);
});
