import { describe, expect, it } from 'vitest';
import { weightScale } from '../../src/desired/endpoint-choice.js';

const any = (weight: number) => [{ kind: 'any', weight } as const];

describe('weights are multiplied', () => {
  it('by one where no endpoint starts slowly', () => {
    expect(weightScale({ slowStart: 0, weights: any(3) })).toBe(1);
  });

  it('by ten where they do, so that a weight of one has steps', () => {
    expect(weightScale({ slowStart: 30, weights: [] })).toBe(10);
  });

  it.each([
    [10_000, 6],
    [65_535, 1],
  ])('by less where a weight of %i would go beyond what IPVS keeps', (weight, scale) => {
    expect(weightScale({ slowStart: 30, weights: any(weight) })).toBe(scale);
  });
});
