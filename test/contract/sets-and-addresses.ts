import { describe, expect, it } from 'vitest';
import { frontend } from '../../src/model/frontend.js';
import type { Operation } from '../../src/model/operation.js';
import { PROTOCOLS } from '../../src/model/protocol.js';
import { VIP_A, VIP_A6 } from '../support/addresses.js';
import type { ContractSubject } from './contract-subject.js';
import {
  add,
  ENTRIES,
  INSIDE,
  INSIDE_6,
  LONGEST_OWNER,
  ONE,
  ONE_6,
  own,
  real,
  TWO,
  WEB,
  WEB_6,
} from './operations.js';

/** Sets and addresses are lenient: what is so already is done. */
export function setContract(subject: ContractSubject): void {
  describe('sets and addresses', () => {
    it.each(ENTRIES.map(([write, undo]) => [write.kind, undo.kind, write, undo] as const))(
      'take %s and %s, each twice',
      async (_write, _undo, write, undo) => {
        const empty = await subject.observed();
        await subject.given(undo, write);
        const written = await subject.observed();
        expect(written).not.toBe(empty);
        await subject.given(write);
        expect(await subject.observed()).toBe(written);
        await subject.given(undo);
        expect(await subject.observed()).toBe(empty);
        await subject.given(undo);
      },
    );

    it('hold both families', async () => {
      const addresses = [VIP_A, VIP_A6];
      await subject.given(
        ...addresses.flatMap((vip): Operation[] => [
          { kind: 'guard-vip', address: vip },
          { kind: 'bind-vip', address: vip },
          { kind: 'open-frontend', frontend: frontend(vip, 80, 'UDP') },
        ]),
      );
      const { bound, policy } = await subject.kernel.observeAddressesAndSets();
      expect([...bound].sort()).toEqual(addresses);
      expect([...policy.guarded].sort()).toEqual(addresses);
      expect([...policy.open.keys()].sort()).toEqual(['10.96.0.10:80/UDP', '[fd00:96::10]:80/UDP']);
    });

    it('keep the owner of a frontend to the last of 127 characters', async () => {
      expect(LONGEST_OWNER).toHaveLength(127);
      await subject.given(own(WEB, LONGEST_OWNER), own(WEB_6, 'a/b'));
      const { policy } = await subject.kernel.observeAddressesAndSets();
      expect([...policy.owned.values()].map(({ owner }) => owner).sort()).toEqual(['a/b', LONGEST_OWNER]);
    });

    it('take a new owner in place of the old one', async () => {
      await subject.given(own(WEB, 'default/web:http'));
      await subject.given({
        kind: 'own-frontend',
        frontend: WEB,
        owner: 'default/new',
        replaces: 'default/web:http',
      });
      const { policy } = await subject.kernel.observeAddressesAndSets();
      expect([...policy.owned.values()]).toEqual([{ frontend: WEB, owner: 'default/new' }]);
    });

    it('keep an entry for every protocol', async () => {
      const fronts = PROTOCOLS.map((protocol) => frontend(VIP_A, 53, protocol));
      await subject.given(...fronts.map((front) => own(front, front.protocol)));
      const { policy } = await subject.kernel.observeAddressesAndSets();
      expect(new Map([...policy.owned].map(([key, { owner }]) => [key, owner]))).toEqual(
        new Map(fronts.map(({ key, protocol }) => [key, protocol])),
      );
    });
  });

  describe('clients inside the cluster', () => {
    it('have a virtual server of their own behind the same address and port', async () => {
      await subject.given(own(WEB), own(INSIDE), add(WEB), add(INSIDE));
      await subject.given(real('add', ONE), real('add', TWO, INSIDE));
      expect(await subject.seen(WEB)).toEqual([`${WEB.key} rr`, `  -> ${ONE.key} weight 1`]);
      expect(await subject.seen(INSIDE)).toEqual([`${INSIDE.key} rr`, `  -> ${TWO.key} weight 1`]);
      const { dataplane, foreign } = await subject.kernel.observe();
      expect([...dataplane.virtualServers.keys()].sort()).toEqual([WEB.key, INSIDE.key]);
      expect(dataplane.virtualServers.get(INSIDE.key)?.frontend).toEqual(INSIDE);
      expect(foreign).toEqual([]);
    });

    it('may be recognised by one mark in both families', async () => {
      await subject.given(own(INSIDE), own(INSIDE_6), add(INSIDE), add(INSIDE_6));
      await subject.given(real('add', ONE, INSIDE), real('add', ONE_6, INSIDE_6));
      expect(await subject.seen(INSIDE)).toEqual([`${INSIDE.key} rr`, `  -> ${ONE.key} weight 1`]);
      expect(await subject.seen(INSIDE_6)).toEqual([`${INSIDE_6.key} rr`, `  -> ${ONE_6.key} weight 1`]);
      expect([...(await subject.kernel.observe()).dataplane.virtualServers.keys()].sort()).toEqual([
        INSIDE.key,
        INSIDE_6.key,
      ]);
    });
  });

  describe('flows', () => {
    it('of a server that has none are forgotten all the same', async () => {
      const front = frontend(VIP_A, 53, 'UDP');
      await subject.given({ kind: 'forget-flows', frontend: front, server: ONE });
    });
  });
}
