import { describe, expect, it } from 'vitest';
import { frontend } from '../../src/model/frontend.js';
import { KernelKeySet } from '../../src/model/kernel-keys.js';
import { type ServiceKey, serviceKey } from '../../src/model/service-key.js';
import { DirtyServices } from '../../src/reconcile/dirty-services.js';
import { VIP_A, VIP_B } from '../support/addresses.js';
import { HandSource } from '../support/hand-source.js';
import { aService } from '../support/objects.js';

const [WEB, SHOP] = [serviceKey('default', 'web'), serviceKey('default', 'shop')];
const FRONT = frontend(VIP_A, 80, 'TCP');

/**
 * Dirty Services of a data plane that says which it was asked to work out; so many milliseconds pass with each look at
 * the clock.
 */
function dirtyServices(millisecondsPerLook = 0, source = new HandSource(), entries = 1) {
  const refreshed: ServiceKey[] = [];
  const concerned: ServiceKey[] = [];
  const desired = {
    refresh: (key: ServiceKey, _: unknown, touched = new KernelKeySet()) => {
      refreshed.push(key);
      touched.frontends.add(FRONT.key);
      return touched;
    },
    refreshInPieces: function* (key: ServiceKey, view: unknown, touched: KernelKeySet) {
      yield 512;
      this.refresh(key, view, touched);
    },
    entriesOf: () => entries,
    takeConcerned: () => concerned.splice(0),
  };
  let now = 0;
  const clock = {
    now: () => {
      now += millisecondsPerLook;
      return now;
    },
  };
  return {
    refreshed,
    concerned,
    dirty: new DirtyServices(source, desired, clock),
    pass: (ms: number) => {
      now += ms;
    },
  };
}

describe('dirty Services', () => {
  it('are worked out once, however often they changed', async () => {
    const { refreshed, dirty } = dirtyServices();
    dirty.add([WEB, SHOP]);
    dirty.add([WEB]);
    expect(dirty.size).toBe(2);
    const touched = new KernelKeySet();
    await dirty.takeIn(touched);
    expect(refreshed).toEqual([WEB, SHOP]);
    expect([...touched.frontends]).toEqual([FRONT.key]);
    expect(dirty.size).toBe(0);
  });

  it('are followed, in the same pass, by those that lose or get a claim because of them', async () => {
    const { refreshed, concerned, dirty } = dirtyServices();
    dirty.add([WEB]);
    concerned.push(SHOP);
    await dirty.takeIn(new KernelKeySet());
    expect(refreshed).toEqual([WEB, SHOP]);
    expect(dirty.size).toBe(0);
  });

  it('are counted until somebody asks', async () => {
    const { dirty } = dirtyServices();
    for (const services of [[WEB], [WEB, SHOP]]) {
      dirty.add(services);
      await dirty.takeIn(new KernelKeySet());
    }
    expect([dirty.takeCount(), dirty.takeCount()]).toEqual([3, 0]);
  });

  it('give others their turn, and one that changes then stays dirty', async () => {
    const { refreshed, dirty } = dirtyServices(20);
    const many = Array.from({ length: 40 }, (_, index) => serviceKey('default', `service-${index}`));
    dirty.add(many);
    let first = 0;
    const turn = () => {
      first = refreshed.length;
      if (first === 0) setImmediate(turn);
      else dirty.add([WEB, ...many.slice(0, 1)]);
    };
    setImmediate(turn);
    await dirty.takeIn(new KernelKeySet());
    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThanOrEqual(16);
    expect(refreshed).toEqual(many);
    expect(dirty.size).toBe(2);
  });
});

describe('a Service of 20,000 virtual and real servers', () => {
  function largeServices() {
    const source = new HandSource();
    source.put(aService('web', [VIP_A]), aService('shop', [VIP_B]));
    const services = dirtyServices(0, source, 20_000);
    const takeIn = async (keys: readonly ServiceKey[], areAllKnown = true, milliseconds = 0) => {
      services.dirty.add(keys);
      await services.dirty.takeIn(new KernelKeySet(), areAllKnown);
      services.dirty.passed(milliseconds);
      return services.refreshed.splice(0);
    };
    return { ...services, source, takeIn };
  }

  it('is worked out once a second at most, with all that changed meanwhile; others are at once', async () => {
    const { takeIn, dirty, pass } = largeServices();
    expect(await takeIn([WEB])).toEqual([WEB]);
    pass(999);
    expect(await takeIn([WEB, SHOP])).toEqual([SHOP]);
    expect([dirty.size, dirty.wait()]).toEqual([1, 1]);
    pass(1);
    expect(await takeIn([])).toEqual([WEB]);
  });

  it('waits as long as its pass took where that is longer, from the end of the pass', async () => {
    const { takeIn, pass } = largeServices();
    await takeIn([WEB], true, 7_000);
    pass(6_999);
    expect(await takeIn([WEB])).toEqual([]);
    pass(1);
    expect(await takeIn([])).toEqual([WEB]);
  });

  it('waits neither when it is deleted, nor when the node has changed, nor before all Services are known', async () => {
    const { takeIn, source, dirty } = largeServices();
    await takeIn([WEB, SHOP]);
    source.deleteService({ key: WEB });
    expect(await takeIn([WEB])).toEqual([WEB]);
    dirty.addAtOnce([SHOP]);
    expect(await takeIn([])).toEqual([SHOP]);
    const early = largeServices();
    for (let time = 0; time < 2; time++) expect(await early.takeIn([WEB], false)).toEqual([WEB]);
  });
});

describe('a Service of fewer than 1,000 virtual and real servers', () => {
  it('never waits', async () => {
    const source = new HandSource();
    source.put(aService('web', [VIP_A]));
    const { dirty, refreshed } = dirtyServices(0, source, 999);
    for (let time = 0; time < 3; time++) {
      dirty.add([WEB]);
      await dirty.takeIn(new KernelKeySet(), true);
      dirty.passed(10_000);
    }
    expect(refreshed).toHaveLength(3);
  });
});
