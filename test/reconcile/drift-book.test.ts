import { describe, expect, it } from 'vitest';
import { atOnce } from '../../src/model/clock.js';
import { frontend } from '../../src/model/frontend.js';
import { KernelKeySet } from '../../src/model/kernel-keys.js';
import { DriftBook } from '../../src/reconcile/drift.js';
import type { Failure } from '../../src/reconcile/refusals.js';
import { VIP_A, VIP_B } from '../support/addresses.js';

const FRONT = frontend(VIP_A, 80, 'TCP');
const REFUSED: Failure = { operation: { kind: 'bind-vip', address: VIP_A }, error: { code: 'ENODEV' } };

function keys(): KernelKeySet {
  const keys = new KernelKeySet();
  keys.frontends.add(FRONT.key);
  keys.vips.add(VIP_A).add(VIP_B);
  return keys;
}

describe('drift', () => {
  it('is counted by kind when it is found and when it is put right', () => {
    const book = new DriftBook();
    atOnce(book.found(keys()));
    const counts = new Map([
      ['virtual-server', 1],
      ['vip', 2],
    ]);
    expect(atOnce(book.settle(keys(), new Map()))).toEqual({
      drift: 3,
      driftFound: counts,
      driftRepaired: counts,
    });
    expect(atOnce(book.settle(keys(), new Map()))).toEqual({
      drift: 0,
      driftFound: new Map(),
      driftRepaired: new Map(),
    });
  });

  it('of the set-up is found and put right in one', () => {
    const book = new DriftBook();
    book.mended(['table', 'sysctl', 'sysctl']);
    const counts = new Map([
      ['table', 1],
      ['sysctl', 2],
    ]);
    const settled = atOnce(book.settle(keys(), new Map()));
    expect(settled).toEqual({ drift: 3, driftFound: counts, driftRepaired: counts });
  });

  it('that the kernel refuses to put right stays open until a later pass does', () => {
    const book = new DriftBook();
    atOnce(book.found(keys()));
    const refused = atOnce(book.settle(keys(), new Map([[`vip ${VIP_A}` as const, REFUSED]])));
    expect(refused.driftRepaired.get('vip')).toBe(1);
    expect(atOnce(book.settle(new KernelKeySet(), new Map())).driftRepaired).toEqual(new Map());
    expect(atOnce(book.settle(keys(), new Map()))).toMatchObject({
      drift: 0,
      driftRepaired: new Map([['vip', 1]]),
    });
  });
});
