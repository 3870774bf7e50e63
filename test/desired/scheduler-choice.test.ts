import { describe, expect, it } from 'vitest';
import { schedulerOf } from '../../src/desired/server-settings.js';
import type { WeightRule } from '../../src/model/weight-rule.js';

const WEIGHTS: readonly WeightRule[] = [{ kind: 'any', weight: 2 }];
const on = (scheduler: string) => ({ name: 'node-1', zone: undefined, scheduler });

describe('the scheduler of a Service', () => {
  it("is the node's where it asks for nothing", () => {
    expect(schedulerOf({ weights: [], slowStart: 0 }, on('lc'))).toBe('lc');
  });

  it('is the one it asks for, even where that ignores the weights it asks for', () => {
    expect(schedulerOf({ scheduler: 'rr', weights: WEIGHTS, slowStart: 0 }, on('mh'))).toBe('rr');
  });

  it.each([
    ['rr', 'wrr'],
    ['lc', 'wlc'],
    ['sed', 'sed'],
  ])("is the node's %s in its weighted kind, %s, where it asks for weights only", (scheduler, kin) => {
    expect(schedulerOf({ weights: WEIGHTS, slowStart: 0 }, on(scheduler))).toBe(kin);
    expect(schedulerOf({ weights: [], slowStart: 30 }, on(scheduler))).toBe(kin);
  });
});
