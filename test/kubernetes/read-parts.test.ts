import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { LineSplitter, readParts } from '../../src/kubernetes/transport/body-splitter.js';

/** A clock on which nothing takes time but what is said to. */
function handClock() {
  let now = 0;
  return {
    now: () => now,
    after: () => () => undefined,
    pass: (milliseconds: number) => {
      now += milliseconds;
    },
  };
}

async function* oneChunk(lines: number): AsyncGenerator<Uint8Array> {
  yield Buffer.from('x\n'.repeat(lines));
}

describe('a long body', () => {
  test('leaves the event loop its turn every few milliseconds, although it arrived at once', async () => {
    let turns = 0;
    let isDone = false;
    const others = (async () => {
      for (; !isDone; turns++) await turn();
    })();
    const longest = { lines: 0, since: 0, turn: 0 };
    const clock = handClock();
    const take = () => {
      clock.pass(1);
      longest.since = turns === longest.turn ? longest.since + 1 : 1;
      longest.turn = turns;
      longest.lines = Math.max(longest.lines, longest.since);
      return undefined;
    };
    await readParts(oneChunk(1_000), new LineSplitter(), clock, { take, settle: () => undefined });
    isDone = true;
    await others;
    expect(turns).toBeGreaterThan(50);
    expect(longest.lines).toBeLessThanOrEqual(13);
  });

  test('settles what it has so far whenever others have their turn, and at the end of every piece', async () => {
    const events: string[] = [];
    const clock = handClock();
    const reader = {
      take: () => {
        clock.pass(1);
        events.push('line');
        return undefined;
      },
      settle: () => void events.push('settled'),
    };
    await readParts(oneChunk(25), new LineSplitter(), clock, reader);
    expect(events.filter((event) => event === 'settled').length).toBeGreaterThanOrEqual(3);
    expect(events.at(-1)).toBe('settled');
  });

  test('waits for a piece that takes long by itself', async () => {
    const order: string[] = [];
    const reader = {
      async take() {
        order.push('begun');
        await turn();
        order.push('done');
      },
      settle: () => undefined,
    };
    await readParts(oneChunk(2), new LineSplitter(), handClock(), reader);
    expect(order).toEqual(['begun', 'done', 'begun', 'done']);
  });
});
