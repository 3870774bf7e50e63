import { describe, expect, it } from 'vitest';
import {
  areEqualBytes,
  EQUAL_BYTES_DECLARATION,
  fillEqualBytes,
  sentToItself,
} from '../../src/kernel/equal-bytes.js';
import { FAMILIES } from '../../src/model/address.js';

const pair = (one: number, other: number) => ({ element: Uint8Array.of(one, 0, 0, 0, other, 0, 0, 0) });
const ALL = Array.from({ length: 256 }, (_, byte) => pair(byte, byte));

describe('the set of equal bytes', () => {
  it('holds every byte beside itself, with room for those that are flushed in the same transaction', () => {
    const pairs = [...fillEqualBytes('t').matchAll(/(\d+) \. (\d+)/g)].map(([, one, other]) => [one, other]);
    expect(pairs).toEqual(ALL.map((_, byte) => [`${byte}`, `${byte}`]));
    expect(EQUAL_BYTES_DECLARATION).toContain('size 512;');
  });

  it('is told from one that somebody changed', () => {
    expect(areEqualBytes(ALL)).toBe(true);
    expect(areEqualBytes([])).toBe(false);
    expect(areEqualBytes(ALL.slice(1))).toBe(false);
    expect(areEqualBytes([...ALL, pair(1, 2)])).toBe(false);
    expect(areEqualBytes([...ALL.slice(1), pair(1, 2)])).toBe(false);
  });
});

describe('a packet from an address to itself', () => {
  it('is told by comparing every byte of the source with its peer of the destination, the last one first', () => {
    expect(sentToItself('IPv4')).toBe(
      '@nh,120,8 . @nh,152,8 @equal-bytes @nh,112,8 . @nh,144,8 @equal-bytes ' +
        '@nh,104,8 . @nh,136,8 @equal-bytes @nh,96,8 . @nh,128,8 @equal-bytes',
    );
    const bytes = FAMILIES.map((family) => sentToItself(family).match(/@equal-bytes/g)?.length);
    expect(bytes).toEqual([4, 16]);
    expect(sentToItself('IPv6')).toMatch(/^@nh,184,8 \. @nh,312,8 .* @nh,64,8 \. @nh,192,8 @equal-bytes$/);
  });
});
