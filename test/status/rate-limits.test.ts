import { describe, expect, it } from 'vitest';
import { RepeatGate } from '../../src/status/rate-limits.js';
import { HandClock } from '../support/hand-clock.js';

describe('the gate for repeated lines', () => {
  it('keeps different lines apart', () => {
    const gate = new RepeatGate(new HandClock());
    expect([gate.pass('a'), gate.pass('b'), gate.pass('a')]).toEqual([0, 0, undefined]);
  });

  it('forgets a line that has not come for a minute', () => {
    const clock = new HandClock();
    const gate = new RepeatGate(clock);
    gate.pass('a');
    clock.advance(60_000);
    expect(gate.pass('a')).toBe(0);
  });

  it('remembers a limited number of lines, the newest', () => {
    const gate = new RepeatGate(new HandClock());
    for (let n = 0; n <= 1_000; n++) gate.pass(`line ${n}`);
    expect([gate.pass('line 1000'), gate.pass('line 0')]).toEqual([undefined, 0]);
  });
});
