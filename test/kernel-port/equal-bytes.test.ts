import { describe, expect, it } from 'vitest';
import type { Statement } from '../../src/kernel/nf-tables/rule-values.js';
import {
  areEqualBytes,
  EQUAL_BYTES,
  EQUAL_PAIRS,
  sentToItself,
} from '../../src/kernel/packet-table/packet-rules/equal-bytes.js';
import { FAMILIES } from '../../src/model/address.js';

const pair = (one: number, other: number) => ({ element: Uint8Array.of(one, 0, 0, 0, other, 0, 0, 0) });
const ALL = Array.from({ length: 256 }, (_, byte) => pair(byte, byte));

describe('the set of equal bytes', () => {
  it('holds every byte beside itself, with room for those that are flushed in the same transaction', () => {
    expect(EQUAL_PAIRS).toEqual(ALL.map(({ element }) => ({ key: element })));
    expect(EQUAL_BYTES.size).toBe(512);
  });

  it('is distinguished from one that somebody changed', () => {
    expect(areEqualBytes(ALL)).toBe(true);
    expect(areEqualBytes([])).toBe(false);
    expect(areEqualBytes(ALL.slice(1))).toBe(false);
    expect(areEqualBytes([...ALL, pair(1, 2)])).toBe(false);
    expect(areEqualBytes([...ALL.slice(1), pair(1, 2)])).toBe(false);
  });
});

describe('a packet from an address to itself', () => {
  const offsets = (statement: Statement) =>
    statement.kind === 'lookup' && statement.set === 'equal-bytes'
      ? statement.fields.map((field) => ('offset' in field ? field.offset : -1))
      : [];

  it('is recognised by comparing every byte of the source with its peer of the destination, the last one first', () => {
    expect(sentToItself('IPv4').map(offsets)).toEqual([
      [15, 19],
      [14, 18],
      [13, 17],
      [12, 16],
    ]);
    expect(FAMILIES.map((family) => sentToItself(family).length)).toEqual([4, 16]);
    const six = sentToItself('IPv6').map(offsets);
    expect([six.at(0), six.at(-1)]).toEqual([
      [23, 39],
      [8, 24],
    ]);
  });
});
