import { describe, expect, it } from 'vitest';
import { ShardedMap, shardOf } from '../../src/model/sharded-map.js';

const KEYS = Array.from({ length: 6000 }, (_, index) => `10.96.${index >> 8}.${index & 255}:80/TCP`);

function filled(count: number): ShardedMap<string, number> {
  const map = new ShardedMap<string, number>(count);
  KEYS.forEach((key, index) => {
    map.set(key, index);
  });
  return map;
}

describe('a map of many small ones', () => {
  it('has what was put into it, under whatever key', () => {
    const map = filled(13);
    expect([map.size, map.get(KEYS[7] ?? ''), map.get('10.0.0.1'), map.has('10.0.0.1')]).toEqual([
      6000,
      7,
      undefined,
      false,
    ]);
    const whole = new Map(KEYS.map((key, index) => [key, index]));
    expect(new Map(map)).toEqual(whole);
    expect(new Set(map.keys())).toEqual(new Set(whole.keys()));
    expect(new Set(map.values())).toEqual(new Set(whole.values()));
    const seen = new Map<string, number>();
    map.forEach((value, key) => {
      seen.set(key, value);
    });
    expect(seen).toEqual(whole);
  });

  it('forgets what is deleted, and takes a new value in place of the old one', () => {
    const map = filled(11).set('a', 1).set('a', 2);
    expect([map.delete('a'), map.delete('a'), map.delete(''), map.size]).toEqual([true, false, false, 6000]);
    for (const key of [KEYS[0] ?? '', KEYS[5999] ?? '']) {
      map.set(key, 5);
      expect([map.size, map.get(key), map.delete(key), map.get(key), map.size]).toEqual([
        6000,
        5,
        true,
        undefined,
        5999,
      ]);
      map.set(key, 5);
    }
  });

  it('takes numbers and texts of any length as keys', () => {
    const map = new ShardedMap<string | number, string>(17);
    for (const key of ['', 'a', 'ab', 0, 32_000]) map.set(key, `of ${key}`);
    expect([map.get(''), map.get('a'), map.get('ab'), map.get(0), map.get(32_000), map.size]).toEqual([
      'of ',
      'of a',
      'of ab',
      'of 0',
      'of 32000',
      5,
    ]);
  });
});

describe.each([
  ['frontends', KEYS],
  ['VIPs', KEYS.map((key) => key.slice(0, -7))],
  ['VIPs of IPv6', KEYS.map((_, index) => `fd00:96::${index.toString(16)}`)],
  ['Services', KEYS.map((_, index) => `shop-${index % 7}/web-${index}`)],
])('keys of %s', (_, keys) => {
  it.each([11, 13, 17, 19])('are spread over %i maps so that none has three times its share', (count) => {
    const sizes = new Array(count).fill(0);
    for (const key of keys) sizes[shardOf(key, count)]++;
    expect(Math.max(...sizes)).toBeLessThan((3 * keys.length) / count);
  });
});
