import { describe, expect, it } from 'vitest';
import { FakeKernel } from '../../src/kernel/fake-kernel.js';
import { ReportingKernel } from '../../src/kernel/reporting-kernel.js';
import { VIP_A } from '../support/addresses.js';

describe('a kernel that reports', () => {
  it('tells what was written and what became of it, and answers the same', async () => {
    const told: unknown[] = [];
    const kernel = new ReportingKernel(new FakeKernel(), (...what) => told.push(what));
    await kernel.prepare();
    const operations = [{ kind: 'bind-vip', address: VIP_A }] as const;
    const outcomes = await kernel.perform(operations);
    expect(outcomes).toEqual([{ kind: 'done' }]);
    expect(told).toEqual([[operations, outcomes]]);
  });
});
