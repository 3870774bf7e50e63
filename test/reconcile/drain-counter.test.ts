import { describe, expect, it } from 'vitest';
import type { LookResult } from '../../src/model/counters.js';
import { DataplaneState } from '../../src/model/dataplane-state.js';
import { type Frontend, frontend } from '../../src/model/frontend.js';
import { realServer } from '../../src/model/real-server.js';
import { DrainBook, DrainCounter } from '../../src/reconcile/drain-book.js';
import { POD_1, VIP_A } from '../support/addresses.js';
import { HandClock } from '../support/hand-clock.js';
import { settings } from '../support/objects.js';

const FRONTS = [80, 81, 82].map((port) => frontend(VIP_A, port, 'TCP'));
const LEAVING = realServer(POD_1, 80, 0);

/**
 * A counter of a node on which one server of each frontend drains; `active`: the connections that the next look finds.
 */
function draining(...active: (number | undefined)[]) {
  const clock = new HandClock();
  const state = new DataplaneState();
  for (const front of FRONTS.slice(0, active.length)) {
    state.acknowledge({ kind: 'add-virtual-server', frontend: front, settings: settings('rr') });
    state.acknowledge({ kind: 'add-real-server', frontend: front, server: LEAVING });
  }
  const services = { serviceOf: () => undefined, paceOf: () => undefined };
  const drains = new DrainBook(clock, services, 60_000);
  for (const { key } of FRONTS) drains.refresh(key, new DataplaneState(), state);
  const looks: (readonly Frontend[])[] = [];
  const look = async (frontends: readonly Frontend[]): Promise<LookResult[]> => {
    looks.push(frontends);
    return frontends.map((front, index) => sightOf(front, state, active[index]));
  };
  return { clock, looks, counter: new DrainCounter({ look }, { state }, drains, clock, 1_000) };
}

function sightOf({ key }: Frontend, state: DataplaneState, active: number | undefined): LookResult {
  const server = state.virtualServers.get(key);
  if (server === undefined) return { kind: 'absent' };
  if (active === undefined) return { kind: 'unknown', code: 'ENOBUFS' };
  return { kind: 'present', server, activity: new Map([[LEAVING.key, { active, inactive: 0 }]]) };
}

describe('counting the connections of draining servers', () => {
  it('answers with the frontends of which a drain has ended', async () => {
    const { counter } = draining(0, 3, undefined);
    expect(await counter.count()).toEqual([FRONTS[0]?.key]);
  });

  it('looks at the kernel once for all of them', async () => {
    const { counter, looks } = draining(1, 2, 3);
    await counter.count();
    expect(looks).toEqual([FRONTS]);
  });

  it('is due at intervals, which begin with a count', async () => {
    const { counter, clock } = draining(1);
    expect([counter.isDue, counter.wait()]).toEqual([false, 1_000]);
    clock.advance(1_200);
    expect([counter.isDue, counter.wait()]).toEqual([true, -200]);
    await counter.count();
    expect([counter.isDue, counter.wait()]).toEqual([false, 1_000]);
  });

  it('is waited for by nobody, and asks the kernel nothing, while no server drains', async () => {
    const { counter, looks } = draining();
    expect(counter.wait()).toBeUndefined();
    expect(await counter.count()).toEqual([]);
    expect(looks).toEqual([]);
  });
});
