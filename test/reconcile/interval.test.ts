import { describe, expect, it } from 'vitest';
import { Interval } from '../../src/reconcile/timing.js';
import { HandClock } from '../support/hand-clock.js';

describe('an interval', () => {
  it('is over when its time has passed, and stays over until it begins anew', () => {
    const clock = new HandClock();
    const interval = new Interval(clock, 1_000);
    clock.advance(999);
    expect([interval.isOver, interval.wait()]).toEqual([false, 1]);
    clock.advance(1);
    expect([interval.isOver, interval.wait()]).toEqual([true, 0]);
    clock.advance(500);
    expect([interval.isOver, interval.wait()]).toEqual([true, -500]);
    interval.begin();
    expect([interval.isOver, interval.wait()]).toEqual([false, 1_000]);
  });
});
