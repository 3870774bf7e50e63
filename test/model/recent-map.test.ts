import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecentMap } from '../../src/model/dataplane-state.js';

const step = fc.record({
  kind: fc.constantFrom('get', 'has', 'set', 'delete', 'clear'),
  key: fc.integer({ min: 0, max: 3 }),
  value: fc.integer(),
});

describe('a map that remembers what it was asked last', () => {
  it('answers as a plain map does, whatever is done to it', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const [recent, plain] = [new RecentMap<number, number>(), new Map<number, number>()];
        for (const { kind, key, value } of steps) {
          const answers = [recent, plain].map((map) => {
            if (kind === 'set') return map.set(key, value).size;
            return kind === 'clear' ? map.clear() : map[kind as 'get' | 'has' | 'delete'](key);
          });
          expect(answers[0]).toBe(answers[1]);
        }
        expect([...recent]).toEqual([...plain]);
      }),
    );
  });
});
