import { describe, expect, it } from 'vitest';
import { DataplaneState } from '../../src/model/dataplane-state.js';
import { frontend } from '../../src/model/frontend.js';
import { type RealServer, realServer } from '../../src/model/real-server.js';
import { serviceKey } from '../../src/model/service-key.js';
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
  const services = { serviceOf: () => undefined, paceOf: () => undefined };
  const book = new DrainBook(clock, services, DEADLINE);
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

  it('by the deadline that began with an earlier agent, where the kernel tells when that was', () => {
    const { clock, book } = draining(ONE);
    clock.advance(DEADLINE - 1);
    const early = new Map([[ONE.key, { active: 1, inactive: 0, drainingSince: -2 }]]);
    expect(book.note(FRONT.key, early)).toBe(true);
    expect(book.list()).toMatchObject([{ left: 0 }]);
  });

  it('where its server can answer no more, and nobody waits for that server from then on', () => {
    const { book } = draining(ONE, OTHER);
    expect(book.addresses).toEqual(new Set([POD_1, POD_2]));
    expect(book.endWhere((address) => address === POD_1)).toEqual([FRONT.key]);
    expect(book.isOver(FRONT.key, ONE.key)).toBe(true);
    expect(book.isOver(FRONT.key, OTHER.key)).toBe(false);
    expect(book.addresses).toEqual(new Set([POD_2]));
    expect(book.endWhere((address) => address === POD_1)).toEqual([]);
    expect(book.takeEnded()).toEqual(new Map([['node', 1]]));
  });

  it('by the return of a server that is wanted again', () => {
    const { book } = draining(ONE);
    const again = withServers(realServer(POD_1, 80, 1));
    book.refresh(FRONT.key, again, again);
    expect(book.takeEnded()).toEqual(new Map([['returned', 1]]));
  });
});

describe('the deadline of a drain', () => {
  const slow = {
    serviceOf: () => serviceKey('default', 'web'),
    paceOf: () => ({ slowStart: 0, drainDeadline: 3_600 }),
  };
  const plain = { ...slow, paceOf: () => undefined };
  const gone = { ...plain, serviceOf: () => undefined };

  function deadlineAfter(
    ...states: readonly (typeof slow | typeof plain | typeof gone)[]
  ): number | undefined {
    let now: (typeof states)[number] = gone;
    const services = { serviceOf: () => now.serviceOf(), paceOf: () => now.paceOf() };
    const book = new DrainBook(new HandClock(), services, DEADLINE);
    for (const state of states) {
      now = state;
      book.refresh(FRONT.key, withServers(), withServers(ONE));
    }
    return book.list()[0]?.left;
  }

  it("is what its Service asks for, and outlives the Service up to the node's own", () => {
    expect(deadlineAfter(slow)).toBe(3_600_000);
    expect(deadlineAfter(slow, gone)).toBe(DEADLINE);
  });

  it("is the node's again when the Service asks for nothing any more", () => {
    expect(deadlineAfter(slow, plain)).toBe(DEADLINE);
  });

  it('is forgotten with the last server that drains', () => {
    let now: typeof slow | typeof gone = slow;
    const services = { serviceOf: () => now.serviceOf(), paceOf: () => now.paceOf() };
    const book = new DrainBook(new HandClock(), services, 2 * 3_600_000);
    book.refresh(FRONT.key, withServers(), withServers(ONE));
    now = gone;
    book.refresh(FRONT.key, withServers(), withServers());
    book.refresh(FRONT.key, withServers(), withServers(ONE));
    expect(book.list()).toMatchObject([{ left: 2 * 3_600_000 }]);
  });

  it('is another at once, for drains under way too, when the node is set to another', () => {
    const { book } = draining(ONE);
    book.deadline = 5_000;
    expect(book.list()).toMatchObject([{ left: 5_000 }]);
  });
});
