import { beforeEach, describe, expect, it } from 'vitest';
import type { KernelChange } from '../../src/kernel/kernel.js';
import { VIP_A, VIP_A6 } from '../support/addresses.js';
import type { ContractSubject } from './contract-subject.js';
import { add, ENTRIES, ONE, OTHER, own, real, WEB } from './operations.js';

/** What others take away is noticed and can be made anew. */
export function lossContract(subject: ContractSubject): void {
  describe('what another program takes away', () => {
    const changes: KernelChange[] = [];

    beforeEach(async () => {
      changes.length = 0;
      await subject.given({ kind: 'bind-vip', address: VIP_A }, { kind: 'bind-vip', address: VIP_A6 });
      subject.kernel.watch((change) => changes.push(change));
    });

    it('is reported where it is an address', async () => {
      await subject.outsider.removeAddress(VIP_A6);
      await expect.poll(() => changes).toContainEqual({ kind: 'address-removed', address: VIP_A6 });
      expect([...(await subject.kernel.observeAddressesAndSets()).bound]).toEqual([VIP_A]);
    });

    it('is reported where it is the device: addresses go with it until the kernel is prepared anew, routes stay', async () => {
      const stay = subject.vipBinding === 'routes';
      await subject.outsider.removeDevice();
      await expect.poll(() => changes).toContainEqual({ kind: 'device-removed' });
      const bind = { kind: 'bind-vip', address: VIP_A } as const;
      expect(await subject.perform(bind)).toEqual([stay ? 'done' : 'ENODEV']);
      expect((await subject.kernel.prepare()).done).not.toEqual([]);
      await subject.given(bind);
      const { bound } = await subject.kernel.observeAddressesAndSets();
      expect([...bound]).toEqual(stay ? [VIP_A, VIP_A6] : [VIP_A]);
    });

    it('is found out where it is the table: nothing can be entered until the kernel is prepared anew', async () => {
      const writes = ENTRIES.map(([write]) => write).filter(({ kind }) => kind !== 'bind-vip');
      await subject.given(own(OTHER), add(OTHER));
      await subject.outsider.removeTable();
      expect(await subject.perform(...writes)).toEqual(writes.map(() => 'ENOENT'));
      expect((await subject.kernel.prepare()).done).not.toEqual([]);
      expect((await subject.kernel.observe()).dataplane.policy.owned.size).toBe(0);
      const { dataplane } = await subject.kernel.observe();
      expect([[...dataplane.virtualServers.keys()], dataplane.foreign.size]).toEqual([[OTHER.key], 0]);
      await subject.given(...writes);
    });
  });

  describe('what another program changes', () => {
    it.each(['table', 'sysctl'] as const)(
      'is put right where it is the %s, and all entries stay',
      async (part) => {
        await subject.given(own(WEB), add(WEB), real('add', ONE), ...ENTRIES.map(([write]) => write));
        const before = await subject.observed();
        await subject.outsider.spoil(part);
        expect((await subject.kernel.prepare()).made).toEqual([part]);
        expect((await subject.kernel.prepare()).made).toEqual([]);
        expect(await subject.observed()).toBe(before);
      },
    );
  });

  describe('prepare', () => {
    it('does nothing a second time, and keeps all that was performed', async () => {
      await subject.given(own(WEB), add(WEB), real('add', ONE), ...ENTRIES.map(([write]) => write));
      const before = await subject.observed();
      expect((await subject.kernel.prepare()).done).toEqual([]);
      expect(await subject.observed()).toBe(before);
    });

    it('has nothing left to do that a preview could show', async () => {
      expect(await subject.kernel.preview()).toEqual([]);
    });
  });

  describe('dismantle', () => {
    it('leaves no table and no device, so that prepare makes them again', async () => {
      expect(await subject.kernel.dismantle()).not.toEqual([]);
      expect(await subject.kernel.preview()).not.toEqual([]);
      expect((await subject.kernel.prepare()).done).not.toEqual([]);
      expect(await subject.observed()).toBe('');
    });
  });
}
