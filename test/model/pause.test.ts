import { describe, expect, it } from 'vitest';
import { Pause } from '../../src/model/clock.js';
import { HandClock } from '../support/hand-clock.js';

describe('a pause', () => {
  it('lasts as long as it should', async () => {
    const clock = new HandClock();
    let isOver = false;
    const taken = new Pause(clock).take(100).then(() => {
      isOver = true;
    });
    await clock.advance(99);
    expect(isOver).toBe(false);
    await clock.advance(1);
    await taken;
  });

  it('is over at once when it is ended', async () => {
    const pause = new Pause(new HandClock());
    const taken = pause.take(100);
    pause.end();
    await taken;
  });

  it('that nobody takes may be ended', () => {
    expect(() => new Pause(new HandClock()).end()).not.toThrow();
  });
});
