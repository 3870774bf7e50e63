import { expect, it } from 'vitest';
import { atOnce, inSlices, TimeSlice } from '../../src/model/clock.js';

function* pieces(count: number, log: string[]): Generator<void, string> {
  for (let index = 0; index < count; index++) {
    log.push(`piece ${index}`);
    yield;
  }
  return 'done';
}

/** 2.5 ms pass with each look: a slice of time is over at every second. */
function slice(): TimeSlice {
  let now = 0;
  const clock = {
    now: () => {
      now += 2.5;
      return now;
    },
  };
  return new TimeSlice(clock);
}

it('long work in slices lets others have their turn whenever one is over, and answers as at once', async () => {
  const log: string[] = [];
  const turn = () => {
    log.push('turn');
    if (log.length < 6) setImmediate(turn);
  };
  setImmediate(turn);
  expect(await inSlices(pieces(4, log), slice())).toBe('done');
  expect(log).toEqual(['piece 0', 'piece 1', 'turn', 'piece 2', 'piece 3', 'turn']);
  expect(atOnce(pieces(4, []))).toBe('done');
});
