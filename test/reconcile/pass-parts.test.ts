import { describe, expect, it } from 'vitest';
import { DesiredDataplane } from '../../src/desired/desired-dataplane.js';
import { LONE_NODE } from '../../src/desired/node-settings.js';
import type { FrontendKey } from '../../src/model/frontend.js';
import { KernelKeySet } from '../../src/model/kernel-keys.js';
import { partsOf } from '../../src/reconcile/pass-parts.js';
import { POD_1, POD_2, VIP_A } from '../support/addresses.js';
import { aService, aSlice } from '../support/objects.js';

const COUNT = 1_300;
const LAST = `frontend-${COUNT - 1}` as FrontendKey;

function keys(): KernelKeySet {
  const all = new KernelKeySet();
  for (let index = 0; index < COUNT; index++) all.frontends.add(`frontend-${index}` as FrontendKey);
  all.vips.add(VIP_A);
  all.hairpins.add(POD_1).add(POD_2);
  return all;
}

// POD_1 is a local endpoint, POD_2 no longer one.
function desired(): DesiredDataplane {
  const plane = new DesiredDataplane(LONE_NODE);
  const service = aService('web', [VIP_A]);
  plane.refresh(service.key, { service, slices: [aSlice('web', [POD_1])] });
  return plane;
}

describe('the parts of a pass', () => {
  it('have every key once', () => {
    const parts = [...partsOf(keys(), desired(), [])];
    expect(parts.length).toBeGreaterThan(2);
    expect(parts.flatMap((part) => [...part.frontends])).toEqual([...keys().frontends]);
    expect(parts.flatMap((part) => [...part.vips])).toEqual([VIP_A]);
    expect(parts.flatMap((part) => [...part.hairpins])).toEqual([POD_1, POD_2]);
  });

  it('begin with what goes first and the hairpins that come, and end with the hairpins that go', () => {
    const parts = [...partsOf(keys(), desired(), [LAST])];
    expect([...(parts.at(0)?.frontends ?? [])]).toEqual([LAST]);
    expect([...(parts.at(0)?.hairpins ?? [])]).toEqual([POD_1]);
    expect([...(parts.at(-1)?.hairpins ?? [])]).toEqual([POD_2]);
  });

  it('are one where the keys are few', () => {
    const few = new KernelKeySet();
    few.frontends.add(LAST);
    expect([...partsOf(few, desired(), [])]).toEqual([few]);
  });
});
