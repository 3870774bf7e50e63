import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type WeightRule, WeightTable } from '../../src/model/weight-rule.js';

const RULES: readonly WeightRule[] = [
  { kind: 'node', name: 'node-7', weight: 9 },
  { kind: 'zone', name: 'eu-1a', weight: 3 },
  { kind: 'zone', name: 'node-8', weight: 4 },
];

describe('the weight of an endpoint', () => {
  it.each([
    ['its node', { node: 'node-7', zone: 'eu-1b' }, 9],
    ['its zone', { node: 'node-1', zone: 'eu-1a' }, 3],
    ['the first of two rules that fit', { node: 'node-7', zone: 'eu-1a' }, 9],
    ['no rule for a zone of the same name as its node', { node: 'node-8' }, 1],
    ['no rule', {}, 1],
  ])('follows %s', (_, place, weight) => {
    expect(new WeightTable(RULES).at(place)).toBe(weight);
  });

  it('follows the rule for all others where no other fits', () => {
    const rules: readonly WeightRule[] = [...RULES, { kind: 'any', weight: 2 }];
    const table = new WeightTable(rules);
    expect([table.at({}), table.at({ zone: 'eu-1a' })]).toEqual([2, 3]);
  });
});

it('of many rules the first that fits decides, as if they were gone through', () => {
  const name = fc.constantFrom('a', 'b', 'c');
  const weight = fc.integer({ min: 1, max: 9 });
  const rule: fc.Arbitrary<WeightRule> = fc.oneof(
    fc.record({ kind: fc.constantFrom('zone' as const, 'node' as const), name, weight }),
    fc.record({ kind: fc.constant('any' as const), weight }),
  );
  const place = fc.record({
    node: fc.option(name, { nil: undefined }),
    zone: fc.option(name, { nil: undefined }),
  });
  fc.assert(
    fc.property(fc.array(rule), place, (rules, where) => {
      const first = rules.find((each) => each.kind === 'any' || each.name === where[each.kind]);
      expect(new WeightTable(rules).at(where)).toBe(first?.weight ?? 1);
    }),
  );
});
