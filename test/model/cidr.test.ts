import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressBytes, formatAddress } from '../../src/model/address.js';
import { type Cidr, cidrContains, lastBytes, parseCidr, withoutContained } from '../../src/model/cidr.js';
import { address } from '../support/addresses.js';

function range(text: string): Cidr {
  const cidr = parseCidr(text);
  if (cidr === undefined) throw new Error(`${text} is no range`);
  return cidr;
}

const bytes = fc
  .constantFrom(4, 16)
  .chain((length) => fc.uint8Array({ minLength: length, maxLength: length }));
const anyRange = fc
  .tuple(bytes, fc.nat(128))
  .map(([bytes, length]) => range(`${formatAddress(bytes)}/${length % (bytes.length * 8 + 1)}`));

describe('a range', () => {
  it.each([
    ['10.0.0.0/8', '10.0.0.0/8', 'IPv4'],
    ['10.1.2.3/8', '10.0.0.0/8', 'IPv4'],
    ['10.1.2.3/32', '10.1.2.3/32', 'IPv4'],
    ['255.255.255.255/0', '0.0.0.0/0', 'IPv4'],
    ['10.1.255.3/23', '10.1.254.0/23', 'IPv4'],
    ['FD00:0::1/64', 'fd00::/64', 'IPv6'],
    ['2001:db8:ffff::/33', '2001:db8:8000::/33', 'IPv6'],
    ['2001:db8::1/128', '2001:db8::1/128', 'IPv6'],
    ['::1/0', '::/0', 'IPv6'],
  ])('%s means %s', (text, canonical, family) => {
    expect(parseCidr(text)).toMatchObject({ text: canonical, family });
  });

  it.each([
    '',
    '10.0.0.0',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/08',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '10.0.0.0/255.0.0.0',
    '10.0.0/8',
    '010.0.0.0/8',
    ' 10.0.0.0/8',
    'fd00::/129',
    '::ffff:10.0.0.0/104',
    '/8',
  ])('is not %j', (text) => {
    expect(parseCidr(text)).toBeUndefined();
  });

  it.each([
    ['10.1.254.0', true],
    ['10.1.255.255', true],
    ['10.1.253.255', false],
    ['10.2.0.0', false],
    ['fd00::1', false],
  ])('10.1.254.0/23 has %s: %s', (candidate, expected) => {
    expect(cidrContains(range('10.1.254.0/23'), address(candidate))).toBe(expected);
  });

  it('has its first and its last address, and nothing of the other family', () => {
    fc.assert(
      fc.property(anyRange, (cidr) => {
        expect(cidrContains(cidr, cidr.address)).toBe(true);
        expect(cidrContains(cidr, formatAddress(lastBytes(cidr)))).toBe(true);
        expect(cidrContains(cidr, address(cidr.family === 'IPv4' ? '::1' : '10.0.0.1'))).toBe(false);
      }),
    );
  });

  it('is as large as its prefix says', () => {
    fc.assert(
      fc.property(anyRange, ({ address: first, prefix, ...rest }) => {
        const size =
          numberOf(lastBytes({ address: first, prefix, ...rest })) - numberOf(addressBytes(first)) + 1n;
        expect(size).toBe(1n << BigInt((rest.family === 'IPv4' ? 32 : 128) - prefix));
      }),
    );
  });

  it('is read back from its text', () => {
    fc.assert(fc.property(anyRange, (cidr) => void expect(parseCidr(cidr.text)).toEqual(cidr)));
  });
});

function numberOf(bytes: Uint8Array): bigint {
  return bytes.reduce((number, byte) => (number << 8n) | BigInt(byte), 0n);
}

describe('ranges without those that lie in another', () => {
  const small = fc.tuple(fc.nat(255), fc.integer({ min: 24, max: 32 }));
  const EVERY_LAST = Array.from({ length: 256 }, (_, last) => address(`10.0.0.${last}`));

  it('hold the same addresses, and none twice', () => {
    fc.assert(
      fc.property(fc.array(small), (pairs) => {
        const ranges = pairs.map(([last, length]) => range(`10.0.0.${last}/${length}`));
        const kept = withoutContained(ranges);
        const miscounted = EVERY_LAST.filter((last) => {
          const has = (cidr: Cidr) => cidrContains(cidr, last);
          return kept.filter(has).length !== (ranges.some(has) ? 1 : 0);
        });
        expect(miscounted).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });

  it('are sorted by their first addresses, in IPv6 too', () => {
    const ranges = ['fd00:2::/32', 'fd00:1:1::/48', 'fd00:1::/32', '::/0'].map(range);
    expect(withoutContained(ranges).map(({ text }) => text)).toEqual(['::/0']);
    expect(withoutContained(ranges.slice(0, 3)).map(({ text }) => text)).toEqual([
      'fd00:1::/32',
      'fd00:2::/32',
    ]);
  });
});
