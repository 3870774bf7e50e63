import { describe, expect, it } from 'vitest';
import type { FrontendKey } from '../../src/model/frontend.js';
import { KernelKeySet } from '../../src/model/kernel-keys.js';
import { partsOf } from '../../src/reconcile/pass-parts.js';
import { VIP_A } from '../support/addresses.js';

const COUNT = 1_300;
const LAST = `frontend-${COUNT - 1}` as FrontendKey;

function keys(): KernelKeySet {
  const all = new KernelKeySet();
  for (let index = 0; index < COUNT; index++) all.frontends.add(`frontend-${index}` as FrontendKey);
  all.vips.add(VIP_A);
  return all;
}

describe('the parts of a pass', () => {
  it('have every key once', () => {
    const parts = [...partsOf(keys(), [])];
    expect(parts.length).toBeGreaterThan(2);
    expect(parts.flatMap((part) => [...part.frontends])).toEqual([...keys().frontends]);
    expect(parts.flatMap((part) => [...part.vips])).toEqual([VIP_A]);
  });

  it('begin with what goes first', () => {
    const parts = [...partsOf(keys(), [LAST])];
    expect([...(parts.at(0)?.frontends ?? [])]).toEqual([LAST]);
  });

  it('are one where the keys are few', () => {
    const few = new KernelKeySet();
    few.frontends.add(LAST);
    expect([...partsOf(few, [])]).toEqual([few]);
  });
});
