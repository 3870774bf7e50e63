import { describe, expect, it } from 'vitest';
import { type WeightRule, weightAt } from '../../src/model/weight-rule.js';

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
    expect(weightAt(RULES, place)).toBe(weight);
  });

  it('follows the rule for all others where no other fits', () => {
    const rules: readonly WeightRule[] = [...RULES, { kind: 'any', weight: 2 }];
    expect([weightAt(rules, {}), weightAt(rules, { zone: 'eu-1a' })]).toEqual([2, 3]);
  });
});
