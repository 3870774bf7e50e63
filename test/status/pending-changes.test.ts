import { describe, expect, it } from 'vitest';
import { PendingChanges } from '../../src/status/pending-changes.js';
import { HandClock } from '../support/hand-clock.js';

describe('changes that wait for a pass', () => {
  it('are settled by the first pass that begins after them, with their triggers', () => {
    const clock = new HandClock();
    const changes = new PendingChanges(clock);
    changes.add([1]);
    clock.advance(1_000);
    changes.add([2, 3]);
    clock.advance(500);
    expect(changes.settle(600)).toEqual([1]);
    expect(changes.oldest).toBe(1_000);
    expect(changes.settle(500)).toEqual([2, 3]);
    expect(changes.oldest).toBeUndefined();
  });

  it('that arrive close to each other wait for one another', () => {
    const clock = new HandClock();
    const changes = new PendingChanges(clock);
    changes.add([1]);
    clock.advance(249);
    changes.add([2]);
    expect(changes.settle(100)).toEqual([]);
    expect(changes.oldest).toBe(0);
    expect(changes.settle(0)).toEqual([1, 2]);
  });

  it('remember a limited number of triggers, however long the pass hangs', () => {
    const clock = new HandClock();
    const changes = new PendingChanges(clock);
    for (let n = 0; n < 20; n++) {
      changes.add(Array.from({ length: 1_000 }, () => n));
      clock.advance(1_000);
    }
    expect(changes.settle(0)).toHaveLength(10_000);
    changes.add([20]);
    expect(changes.settle(0)).toEqual([20]);
  });
});
