import { describe, expect, it } from 'vitest';
import { DataplaneState } from '../../src/model/dataplane-state.js';
import { frontend } from '../../src/model/frontend.js';
import { type RealServer, realServer } from '../../src/model/real-server.js';
import { DrainBook } from '../../src/reconcile/drain-book.js';
import { POD_1, POD_2, VIP_A } from '../support/addresses.js';
import { HandClock } from '../support/hand-clock.js';

const FRONT = frontend(VIP_A, 80, 'TCP');
const DEADLINE = 60_000;
const ONE = realServer(POD_1, 80, 0);
const OTHER = realServer(POD_2, 80, 0);

function withServers(...servers: RealServer[]): DataplaneState {
  const state = new DataplaneState();
  const settings = { scheduler: 'rr', schedulerFlags: '' as const, persistenceTimeout: 0 };
  state.acknowledge({ kind: 'add-virtual-server', frontend: FRONT, settings });
  for (const server of servers) state.acknowledge({ kind: 'add-real-server', frontend: FRONT, server });
  return state;
}

function draining(...servers: RealServer[]) {
  const clock = new HandClock();
  const book = new DrainBook(clock, DEADLINE);
  book.refresh(FRONT.key, withServers(), withServers(...servers));
  const seen = (active: number) => new Map(servers.map(({ key }) => [key, { active, inactive: 0 }]));
  return { clock, book, seen };
}

describe('a drain ends', () => {
  it('once, when its connections are gone, however often that is seen before the server is', () => {
    const { book, seen } = draining(ONE, OTHER);
    expect(book.note(FRONT.key, seen(0))).toBe(true);
    expect(book.note(FRONT.key, seen(0))).toBe(true);
    book.refresh(FRONT.key, withServers(), withServers());
    expect(book.takeEnded()).toEqual(new Map([['idle', 2]]));
    expect(book.takeEnded()).toEqual(new Map());
  });

  it('by the deadline when connections remain', () => {
    const { clock, book, seen } = draining(ONE);
    expect(book.note(FRONT.key, seen(1))).toBe(false);
    clock.advance(DEADLINE);
    book.note(FRONT.key, seen(1));
    expect(book.takeEnded()).toEqual(new Map([['deadline', 1]]));
  });

  it('by the return of a server that is wanted again', () => {
    const { book } = draining(ONE);
    const again = withServers(realServer(POD_1, 80, 1));
    book.refresh(FRONT.key, again, again);
    expect(book.takeEnded()).toEqual(new Map([['returned', 1]]));
  });
});
