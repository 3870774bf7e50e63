import { describe, expect, it } from 'vitest';
import type { Preparation, SetUpPart } from '../../src/kernel/kernel.js';
import { atOnce } from '../../src/model/clock.js';
import { KernelKeySet } from '../../src/model/kernel-keys.js';
import { DriftBook, SetUp } from '../../src/reconcile/drift.js';

/** A set-up of which the parts in `missing` have to be made, each once. */
function setUpWithout(...parts: SetUpPart[]) {
  const missing = [...parts];
  const drift = new DriftBook();
  const preparations: Preparation[] = [];
  const prepare = async (): Promise<Preparation> => ({
    made: missing.splice(0),
    done: [],
    warnings: ['no IPv6'],
  });
  const setUp = new SetUp({ prepare }, drift, (preparation) => preparations.push(preparation));
  const drifted = () => [...atOnce(drift.settle(new KernelKeySet(), new Map())).driftFound.keys()];
  return { missing, preparations, setUp, drifted };
}

describe('what has to be made of the set-up', () => {
  it('is no drift at the start', async () => {
    const { preparations, setUp, drifted } = setUpWithout('device', 'table');
    await setUp.make();
    expect(preparations).toEqual([{ made: ['device', 'table'], done: [], warnings: ['no IPv6'] }]);
    expect(drifted()).toEqual([]);
  });

  it('is drift where it was ready before', async () => {
    const { missing, setUp, drifted } = setUpWithout();
    await setUp.make();
    missing.push('table');
    await setUp.make();
    expect(drifted()).toEqual(['table']);
  });

  it('is no drift, once, where it has to be another than before', async () => {
    const { missing, setUp, drifted } = setUpWithout();
    await setUp.make();
    setUp.outdate();
    missing.push('table');
    await setUp.make();
    expect(drifted()).toEqual([]);
    missing.push('table');
    await setUp.make();
    expect(drifted()).toEqual(['table']);
  });
});

describe('mending the set-up', () => {
  it('tells what was put right, and not again what was wrong from the start', async () => {
    const { preparations, setUp, drifted } = setUpWithout('sysctl');
    expect(await setUp.mend()).toBe(true);
    expect(preparations).toEqual([{ made: ['sysctl'], done: [], warnings: [] }]);
    expect(drifted()).toEqual(['sysctl']);
  });

  it('tells nothing where nobody changed anything', async () => {
    const { preparations, setUp, drifted } = setUpWithout();
    expect(await setUp.mend()).toBe(false);
    expect([preparations, drifted()]).toEqual([[], []]);
  });
});
