import { describe, expect, it } from 'vitest';
import { frontend } from '../../src/model/frontend.js';
import { KernelKeySet } from '../../src/model/kernel-keys.js';
import { type ServiceKey, serviceKey } from '../../src/model/service-key.js';
import { DirtyServices } from '../../src/reconcile/dirty-services.js';
import { VIP_A } from '../support/addresses.js';
import { HandSource } from '../support/hand-source.js';

const [WEB, SHOP] = [serviceKey('default', 'web'), serviceKey('default', 'shop')];
const FRONT = frontend(VIP_A, 80, 'TCP');

/** Dirty Services of a data plane that says which it was asked to work out; so many milliseconds pass with each look at the clock. */
function dirtyServices(millisecondsPerLook = 0) {
  const refreshed: ServiceKey[] = [];
  const desired = {
    refresh: (key: ServiceKey, _: unknown, touched = new KernelKeySet()) => {
      refreshed.push(key);
      touched.frontends.add(FRONT.key);
      return touched;
    },
  };
  let now = 0;
  const clock = {
    now: () => {
      now += millisecondsPerLook;
      return now;
    },
  };
  return { refreshed, dirty: new DirtyServices(new HandSource(), desired, clock) };
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
    const seen: number[] = [];
    setImmediate(() => {
      seen.push(refreshed.length);
      dirty.add([WEB, ...many.slice(0, 1)]);
    });
    await dirty.takeIn(new KernelKeySet());
    expect(seen).toEqual([16]);
    expect(refreshed).toEqual(many);
    expect(dirty.size).toBe(2);
  });
});
