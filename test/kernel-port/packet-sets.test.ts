import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addressOfElement,
  elementOf,
  frontendOfElement,
  PACKET_SETS,
  setName,
  sourceOfElement,
} from '../../src/kernel/packet-table/packet-sets.js';
import { type Address, familyOf, formatAddress, parseAddress } from '../../src/model/address.js';
import { TRAFFIC_SETS } from '../../src/model/dataplane.js';
import { frontend, insideOf } from '../../src/model/frontend.js';
import { PROTOCOLS } from '../../src/model/protocol.js';
import { VIP_A, VIP_A6 } from '../support/addresses.js';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const nameOf = (index: number) => {
  const set = PACKET_SETS[index];
  return set === undefined ? undefined : setName(set);
};

describe('elements are laid out as nf_tables wants them', () => {
  it.each([
    [{ kind: 'guard-vip', address: VIP_A }, 'guarded-4', '0a60000a'],
    // Ports in network order, every field padded to four bytes.
    [
      { kind: 'own-frontend', frontend: frontend(VIP_A, 443, 'TCP'), owner: 'a/b' },
      'owned-tcp-4',
      '0a60000a01bb0000',
    ],
    [{ kind: 'open-frontend', frontend: frontend(VIP_A, 443, 'SCTP') }, 'open-4', '0a60000a8400000001bb0000'],
    [
      { kind: 'open-frontend', frontend: frontend(VIP_A6, 53, 'UDP') },
      'open-6',
      'fd000096000000000000000000000010' + '11000000' + '00350000',
    ],
  ] as const)('%j', (operation, set, key) => {
    const element = elementOf(operation);
    expect(nameOf(element.set)).toBe(set);
    expect(hex(element.key)).toBe(key);
  });
});

const addresses: fc.Arbitrary<Address> = fc
  .oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 }))
  .map(formatAddress);

const frontends = fc
  .tuple(
    addresses,
    fc.integer({ min: 1, max: 65_535 }),
    fc.constantFrom(...PROTOCOLS),
    fc.integer({ min: 0, max: 0xffff_ffff }),
  )
  .map(([address, port, protocol, mark]) => {
    const front = frontend(address, port, protocol);
    return mark === 0 ? front : insideOf(front, mark);
  });

describe('what is written to a set is read back as what it was', () => {
  it('for every frontend, in the ledger and in the gate', () => {
    fc.assert(
      fc.property(frontends, (front) => {
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

  it('for every traffic set', () => {
    fc.assert(
      fc.property(frontends, fc.constantFrom(...TRAFFIC_SETS), (front, name) => {
        const outside = frontend(front.address, front.port, front.protocol);
        const { set, key } = elementOf({ kind: 'enter-set', set: name, frontend: outside });
        const packetSet = PACKET_SETS[set];
        expect(packetSet?.purpose).toBe(name);
        expect(packetSet && frontendOfElement(packetSet, { bytes: key, keyAt: 0 }, 0)).toEqual(outside);
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

  it('for every guarded VIP', () => {
    fc.assert(
      fc.property(addresses, (address) => {
        const { set, key } = elementOf({ kind: 'guard-vip', address });
        const packetSet = PACKET_SETS[set];
        expect(packetSet && addressOfElement(packetSet, { bytes: key, keyAt: 0 })).toBe(address);
      }),
    );
  });
});
