import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseDuration } from '../../src/model/duration.js';

it.each([
  ['1h0m0s', 3600],
  ['30s', 30],
  ['250ms', 0.25],
  ['1.5h', 5400],
  ['.5s', 0.5],
  ['1us', 0.000_001],
  ['0s', 0],
  ['0', 0],
  ['-1m', -60],
])('%s is a duration', (text, seconds) => expect(parseDuration(text)).toBe(seconds));

it.each(['', '30', 's', '1d', '1 s', '1s ', 'PT1H', '1h-1m', '.s', '1e3s', '30S'])('%j is none', (text) =>
  expect(parseDuration(text)).toBeUndefined(),
);

it('the parts of a duration add up', () => {
  const part = fc.nat(999);
  fc.assert(
    fc.property(part, part, part, part, (h, m, s, ms) => {
      const seconds = h * 3600 + m * 60 + s + ms / 1000;
      expect(parseDuration(`${h}h${m}m${s}s${ms}ms`)).toBeCloseTo(seconds, 9);
    }),
  );
});
