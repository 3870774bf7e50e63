import { describe, expect, it } from 'vitest';
import { DataplaneState } from '../../src/model/dataplane-state.js';
import { frontend } from '../../src/model/frontend.js';
import { type RealServer, realServer, withWeight } from '../../src/model/real-server.js';
import { SlowStartBook } from '../../src/reconcile/slow-start-book.js';
import { POD_1, POD_2, VIP_A } from '../support/addresses.js';
import { HandClock } from '../support/hand-clock.js';
import { settings } from '../support/objects.js';

const FRONT = frontend(VIP_A, 80, 'TCP');
const OLD = realServer(POD_1, 80, 10);
const NEW = realServer(POD_2, 80, 10);

function planeWith(...servers: RealServer[]): DataplaneState {
  const state = new DataplaneState();
  state.acknowledge({ kind: 'add-virtual-server', frontend: FRONT, settings: settings('wrr') });
  for (const server of servers) state.acknowledge({ kind: 'add-real-server', frontend: FRONT, server });
  return state;
}

/** A book about a Service that wants both servers and gives new ones so many seconds. */
function bookOf(slowStart: number) {
  const clock = new HandClock();
  const { virtualServers } = planeWith(OLD, NEW);
  const book = new SlowStartBook(
    clock,
    { arePaced: true, virtualServers, paceOf: () => ({ slowStart }) },
    1_000,
  );
  const weights = () => [OLD, NEW].map((server) => book.weightNow(FRONT.key, server));
  return { clock, book, weights };
}

describe('a new server', () => {
  it('begins with a little and grows in proportion to the time, in steps, until it has all', () => {
    const { clock, book, weights } = bookOf(20);
    book.refresh(FRONT.key, planeWith(OLD));
    expect(weights()).toEqual([10, 1]);
    const there = planeWith(OLD, withWeight(NEW, 1));
    for (const [seconds, weight] of [
      [1, 1],
      [3, 2],
      [6, 5],
      [9, 9],
      [1, 10],
    ] as const) {
      clock.advance(seconds * 1_000);
      expect(book.due()).toEqual([FRONT.key]);
      book.refresh(FRONT.key, there);
      expect([weights(), book.due()]).toEqual([[10, weight], []]);
    }
    expect(book.wait()).toBeUndefined();
  });

  it('begins when it is there: an addition that is refused costs it nothing', () => {
    const { clock, book, weights } = bookOf(20);
    book.refresh(FRONT.key, planeWith(OLD));
    clock.advance(15_000);
    book.refresh(FRONT.key, planeWith(OLD));
    expect(weights()).toEqual([10, 1]);
  });

  it('that drained and is wanted again begins anew', () => {
    const { book, weights } = bookOf(20);
    book.refresh(FRONT.key, planeWith(OLD, withWeight(NEW, 0)));
    expect(weights()).toEqual([10, 1]);
  });

  it.each([
    ['asks for no slow start', 0, planeWith(OLD)],
    ['has no server that takes connections yet', 20, planeWith()],
    ['has nothing in the kernel yet', 20, new DataplaneState()],
    ['has had it since before the agent was started', 20, planeWith(OLD, withWeight(NEW, 3))],
  ])('has its whole weight at once where its Service %s', (_, slowStart, observed) => {
    const { book, weights } = bookOf(slowStart);
    book.refresh(FRONT.key, observed);
    expect(weights()).toEqual([10, 10]);
    expect([book.wait(), book.due()]).toEqual([undefined, []]);
  });
});
