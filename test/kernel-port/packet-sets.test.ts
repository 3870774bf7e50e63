import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PROTOCOL_NUMBERS } from '../../src/kernel/native/records.js';
import {
  addressOfElement,
  elementOf,
  frontendOfElement,
  PACKET_SETS,
  PARTS,
  plainSetOf,
  setName,
  sourceOfElement,
} from '../../src/kernel/packet-table/packet-sets.js';
import {
  type Address,
  addressBytes,
  familyOf,
  formatAddress,
  parseAddress,
} from '../../src/model/address.js';
import { TRAFFIC_SETS } from '../../src/model/dataplane.js';
import { type Frontend, frontend, insideOf } from '../../src/model/frontend.js';
import type { PolicyOperation } from '../../src/model/operation.js';
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

function readBack(operation: PolicyOperation, front: Frontend): Frontend | undefined {
  const index = plainSetOf(operation) ?? -1;
  const set = PACKET_SETS[index];
  const bytes = keyOf(front, PARTS[index] ?? 0);
  return set && frontendOfElement(set, { bytes, keyAt: 0 }, 0);
}

describe('what is written to a set is read back as what it was', () => {
  it('for every frontend without a mark, in the ledger and in the gate', () => {
    fc.assert(
      fc.property(frontends, (front) => {
        expect(readBack({ kind: 'own-frontend', frontend: front, owner: 'a/b' }, front)).toEqual(front);
        expect(readBack({ kind: 'open-frontend', frontend: front }, front)).toEqual(front);
      }),
    );
  });

  it('for every traffic set', () => {
    fc.assert(
      fc.property(frontends, fc.constantFrom(...TRAFFIC_SETS), (front, name) => {
        const operation = { kind: 'enter-set', set: name, frontend: front } as const;
        expect(PACKET_SETS[plainSetOf(operation) ?? -1]?.purpose).toBe(name);
        expect(readBack(operation, front)).toEqual(front);
      }),
    );
  });

  it('for every guarded VIP', () => {
    fc.assert(
      fc.property(addresses, (address) => {
        const set = PACKET_SETS[plainSetOf({ kind: 'guard-vip', address }) ?? -1];
        expect(set && addressOfElement(set, { bytes: addressBytes(address), keyAt: 0 })).toBe(address);
      }),
    );
  });

  it('for every frontend with a mark, in the ledger and in the gate', () => {
    fc.assert(
      fc.property(frontends, fc.integer({ min: 1, max: 0xffff_ffff }), (outside, number) => {
        const front = insideOf(outside, number);
        for (const operation of [
          { kind: 'own-frontend', frontend: front, owner: 'a/b' },
          { kind: 'open-frontend', frontend: front },
        ] as const) {
          const { set, key, mark } = elementOf(operation);
          const packetSet = PACKET_SETS[set];
          expect(packetSet && frontendOfElement(packetSet, { bytes: key, keyAt: 0 }, mark ?? 0)).toEqual(
            front,
          );
        }
      }),
    );
  });

  it('for every range of allowed clients', () => {
    fc.assert(
      fc.property(frontends, fc.nat(128), (front, bits) => {
        const family = familyOf(front.address);
        const length = family === 'IPv4' ? bits % 33 : bits;
        const address = parseAddress(family === 'IPv4' ? '0.0.0.0' : '::') as Address;
        const source = { text: `${address}/${length}`, family, address, prefix: length };
        const { set, key, freeBits } = elementOf({ kind: 'allow-source', frontend: front, source });
        const packetSet = PACKET_SETS[set];
        expect(packetSet && sourceOfElement(packetSet, { bytes: key, keyAt: 0 }, freeBits ?? 0)).toEqual(
          source,
        );
      }),
    );
  });
});
