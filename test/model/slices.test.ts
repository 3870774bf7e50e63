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

it('two pieces of long work side by side have turns of their own, one after the other', async () => {
  const log: string[] = [];
  const turns: number[] = [];
  let turn = 0;
  const count = () => {
    turn++;
    if (turn < 20) setImmediate(count);
  };
  setImmediate(count);
  const work = async (name: string) => {
    const ofOne = slice();
    for (let index = 0; index < 3; index++) {
      await ofOne.yieldTurn();
      log.push(name);
      turns.push(turn);
    }
  };
  await Promise.all([work('Services'), work('slices')]);
  expect(log).toEqual(['Services', 'slices', 'Services', 'slices', 'Services', 'slices']);
  expect(new Set(turns).size).toBe(6);
});
