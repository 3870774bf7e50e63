import { describe, expect, test } from 'vitest';
import { BackOff } from '../../src/kubernetes/watch/back-off.js';
import { HandClock } from '../support/hand-clock.js';

function failures(backOff: BackOff, clock: HandClock, count: number): number[] {
  return Array.from({ length: count }, () => {
    const wait = backOff.failed();
    clock.advance(wait);
    return wait;
  });
}

describe('the pause after a failure', () => {
  test('doubles from 800 ms up to 15 s', () => {
    const clock = new HandClock();
    expect(failures(new BackOff(clock, () => 0), clock, 7)).toEqual([
      800, 1_600, 3_200, 6_400, 12_800, 15_000, 15_000,
    ]);
  });

  test('is by chance up to twice as long, and so never longer than 30 s', () => {
    const clock = new HandClock();
    const waits = failures(new BackOff(clock, () => 0.999), clock, 7);
    expect(waits[0]).toBeCloseTo(1_599, 0);
    expect(Math.max(...waits)).toBeLessThan(30_000);
  });

  test('begins anew after half a minute without a failure', () => {
    const clock = new HandClock();
    const backOff = new BackOff(clock, () => 0);
    failures(backOff, clock, 5);
    clock.advance(29_999);
    expect(failures(backOff, clock, 1)).toEqual([15_000]);
    clock.advance(30_000);
    expect(failures(backOff, clock, 1)).toEqual([800]);
  });

  test('begins anew after three successes in a row, but not after each of many in half a minute', () => {
    const clock = new HandClock();
    const backOff = new BackOff(clock, () => 0);
    const waits = Array.from({ length: 6 }, () => {
      const [wait] = failures(backOff, clock, 1);
      backOff.succeeded();
      return wait;
    });
    expect(waits).toEqual([800, 800, 800, 800, 1_600, 3_200]);
  });

  test('is at least what the server asks for, within reason', () => {
    const clock = new HandClock();
    const backOff = new BackOff(clock, () => 0);
    expect(backOff.failed(7_000)).toBe(7_800);
    expect(backOff.failed(86_400_000)).toBe(121_600);
  });
});
