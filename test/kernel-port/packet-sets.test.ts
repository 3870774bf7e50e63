import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LAYOUT_SIZE, PROTOCOL_NUMBERS } from '../../src/kernel/native/records.js';
import {
  elementOf,
  PACKET_SETS,
  PARTS,
  plainSetOf,
  SET_LAYOUTS,
  setName,
} from '../../src/kernel/packet-table/packet-sets.js';
import {
  type Address,
  addressBytes,
  familyOf,
  formatAddress,
  parseAddress,
} from '../../src/model/address.js';
import { type Frontend, frontend, insideOf } from '../../src/model/frontend.js';
import { PROTOCOLS } from '../../src/model/protocol.js';
import { VIP_A, VIP_A6 } from '../support/addresses.js';

const nameOf = (index: number) => {
  const set = PACKET_SETS[index];
  return set === undefined ? undefined : setName(set);
};

describe('an element that is named by its text alone', () => {
  const OUTSIDE = frontend(VIP_A, 443, 'TCP');
  it.each([
    [{ kind: 'guard-vip', address: VIP_A }, 'guarded-4', 1],
    [{ kind: 'release-vip', address: VIP_A6 }, 'guarded-6', 1],
    [{ kind: 'own-frontend', frontend: OUTSIDE, owner: 'a/b' }, 'owned-tcp-4', 2],
    [{ kind: 'open-frontend', frontend: frontend(VIP_A, 443, 'SCTP') }, 'open-4', 3],
    [{ kind: 'close-frontend', frontend: frontend(VIP_A6, 53, 'UDP') }, 'open-6', 3],
    [{ kind: 'enter-set', set: 'refused', frontend: OUTSIDE }, 'refused-4', 3],
    [{ kind: 'leave-set', set: 'masqueraded', frontend: OUTSIDE }, 'masqueraded-tcp-4', 2],
  ] as const)('%j is one of %s, of %d parts', (operation, name, parts) => {
    const set = plainSetOf(operation);
    expect(set === undefined ? undefined : [nameOf(set), PARTS[set]]).toEqual([name, parts]);
  });

  it('has no mark and no range', () => {
    const inside = insideOf(OUTSIDE, 7);
    const source = { text: '::/0', family: 'IPv6', address: '::' as Address, prefix: 0 } as const;
    expect(plainSetOf({ kind: 'own-frontend', frontend: inside, owner: 'a/b' })).toBeUndefined();
    expect(plainSetOf({ kind: 'open-frontend', frontend: inside })).toBeUndefined();
    expect(plainSetOf({ kind: 'allow-source', frontend: OUTSIDE, source })).toBeUndefined();
  });
});

const addresses: fc.Arbitrary<Address> = fc
  .oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 }))
  .map(formatAddress);

const frontends = fc
  .tuple(addresses, fc.integer({ min: 1, max: 65_535 }), fc.constantFrom(...PROTOCOLS))
  .map(([address, port, protocol]) => frontend(address, port, protocol));

/** The key that the addon makes of a name (native/test/key_list_test.cc): ports in network order, fields of four bytes. */
function keyOf({ address, port, protocol }: Frontend, parts: number): Uint8Array {
  const fields = [
    [PROTOCOL_NUMBERS[protocol], 0, 0, 0],
    [port >> 8, port & 255, 0, 0],
  ].slice(3 - parts);
  return Uint8Array.from([...addressBytes(address), ...fields.flat()]);
}

describe('an element that its text does not say', () => {
  it('has the key of its frontend, and its mark', () => {
    fc.assert(
      fc.property(frontends, fc.integer({ min: 1, max: 0xffff_ffff }), (outside, mark) => {
        const front = insideOf(outside, mark);
        const digit = familyOf(front.address) === 'IPv4' ? 4 : 6;
        for (const [operation, name] of [
          [{ kind: 'own-frontend', frontend: front, owner: 'a/b' }, `owned-inside-${digit}`],
          [{ kind: 'open-frontend', frontend: front }, `inside-${digit}`],
        ] as const) {
          const { set, ...element } = elementOf(operation);
          expect([nameOf(set), element]).toEqual([name, { key: keyOf(front, 3), mark }]);
        }
      }),
    );
  });

  it('has the range of allowed clients behind the key of its frontend', () => {
    fc.assert(
      fc.property(frontends, fc.nat(128), (front, bits) => {
        const family = familyOf(front.address);
        const prefix = family === 'IPv4' ? bits % 33 : bits;
        const address = parseAddress(family === 'IPv4' ? '0.0.0.0' : '::') as Address;
        const source = { text: `${address}/${prefix}`, family, address, prefix };
        const { set, key, freeBits } = elementOf({ kind: 'allow-source', frontend: front, source });
        expect(nameOf(set)).toBe(family === 'IPv4' ? 'sources-4' : 'sources-6');
        expect(key).toEqual(Uint8Array.from([...keyOf(front, 3), ...addressBytes(address)]));
        expect(freeBits).toBe(addressBytes(address).length * 8 - prefix);
      }),
    );
  });
});

it('the addon is told of each set of how many parts its keys are, and the protocol that is not among them', () => {
  const layoutOf = (name: string) => {
    const index = PACKET_SETS.findIndex((set) => setName(set) === name);
    return [...SET_LAYOUTS.subarray(index * LAYOUT_SIZE, (index + 1) * LAYOUT_SIZE)].map((byte, place) =>
      place === 0 ? byte - index : byte,
    );
  };
  expect(layoutOf('guarded-4')).toEqual([0, 1, 0]);
  expect(layoutOf('owned-udp-6')).toEqual([0, 2, 17]);
  expect(layoutOf('open-6')).toEqual([0, 3, 0]);
  expect(layoutOf('sources-4')).toEqual([0, 4, 0]);
});
