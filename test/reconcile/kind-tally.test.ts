import { describe, expect, it } from 'vitest';
import { KindTally } from '../../src/reconcile/stage-runner.js';

describe('the tally of what was done', () => {
  it('counts each kind over all its rows, and goes on after it was read', () => {
    const tally = new KindTally();
    expect([...tally.counts]).toEqual([]);
    for (const kind of ['bind-vip', 'bind-vip', 'guard-vip', 'bind-vip'] as const) tally.count(kind);
    expect([...tally.counts]).toEqual([
      ['bind-vip', 3],
      ['guard-vip', 1],
    ]);
    tally.count('bind-vip');
    expect(tally.counts.get('bind-vip')).toBe(4);
  });
});
