import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addressBytes,
  connectedAddress,
  familyOf,
  formatAddress,
  parseAddress,
} from '../../src/model/address.js';
import { address } from '../support/addresses.js';

const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const isMapped = (bytes: Uint8Array) =>
  bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;

describe('an IPv4 address', () => {
  it.each(['0.0.0.0', '10.96.0.1', '255.255.255.255'])('%s is its own canonical form', (text) => {
    expect(parseAddress(text)).toBe(text);
  });

  it.each(['010.96.0.1', '10.96.0.01', '10.96.0.00', '0x0a.96.0.1'])(
    '%s is refused, since programs read leading zeros differently',
    (text) => {
      expect(parseAddress(text)).toBeUndefined();
    },
  );

  it.each([
    '',
    '10.96.0',
    '10.96.0.1.',
    '10.96.0.1.2',
    '10.96..1',
    '256.0.0.1',
    '10.96.0.-1',
    '10.96.0.1/32',
  ])('%j is refused', (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  it.each([
    ' 10.96.0.1',
    '10.96.0.1\n',
    '10.96.0.٣',
    '10.96.0.1e1',
    '4294967295',
    '99999999999999999999.0.0.1',
  ])('%j is refused', (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });
});

describe('an IPv6 address', () => {
  // The examples of RFC 5952, section 4, and its corners.
  it.each([
    ['2001:0db8::0001', '2001:db8::1'],
    ['2001:db8:0:0:0:0:2:1', '2001:db8::2:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:db8::1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:DB8:AAAA:BBBB:CCCC:DDDD:EEEE:AAAA', '2001:db8:aaaa:bbbb:cccc:dddd:eeee:aaaa'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['fd00:0:0:0:0:0:0:0', 'fd00::'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
  ])('%s is %s', (text, canonical) => {
    expect(parseAddress(text)).toBe(canonical);
  });

  it.each([
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['::ffff:a00:1', '10.0.0.1'],
    ['0:0:0:0:0:FFFF:a00:1', '10.0.0.1'],
    ['FD00::1', 'fd00::1'],
    ['10.0.0.1', '10.0.0.1'],
    ['::ffff:10.0.0', undefined],
    ['api.example.org', undefined],
  ])('a connection to %s goes to %s', (text, reached) => {
    expect(connectedAddress(text)).toBe(reached);
  });

  it.each(['::ffff:10.0.0.1', '::ffff:a00:1', '0:0:0:0:0:FFFF:0:1'])(
    '%s is refused, since the kernel and people read it differently',
    (text) => {
      expect(parseAddress(text)).toBeUndefined();
    },
  );

  it.each([
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4::5:6:7:8',
    ':1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:',
    '12345::',
    'g::',
    'fe80::1%eth0',
    '[fd00::1]',
    'fd00::1/64',
    '64:ff9b::10.0.0.1',
  ])('%j is refused', (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });
});

describe('any address', () => {
  it.each([4, 16])('of %i bytes goes to text and back', (length) => {
    fc.assert(
      fc.property(bytesOf(length), (bytes) => {
        fc.pre(length === 4 || !isMapped(bytes));
        const text = formatAddress(bytes);
        expect(addressBytes(text)).toEqual(bytes);
        expect(parseAddress(text)).toBe(text);
        expect(familyOf(text)).toBe(length === 4 ? 'IPv4' : 'IPv6');
      }),
      { numRuns: 500 },
    );
  });

  it('with many zeros goes to text and back', () => {
    const sparse = fc.array(fc.constantFrom(0, 0, 0, 1), { minLength: 16, maxLength: 16 });
    fc.assert(
      fc.property(sparse, (numbers) => {
        const text = formatAddress(Uint8Array.from(numbers));
        expect(addressBytes(text)).toEqual(Uint8Array.from(numbers));
        expect(text.split('::').length).toBeLessThanOrEqual(2);
        expect(text).not.toMatch(/(^|:)0\d/);
      }),
      { numRuns: 500 },
    );
  });

  it('has one canonical form, however it was written', () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        const parsed = parseAddress(text);
        if (parsed === undefined) expect(text).toMatch(/\.|^[0:]*ffff:/i);
        else expect(parseAddress(parsed)).toBe(parsed);
      }),
    );
  });

  it('is neither lost nor guessed from any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-f:.]{1,20}$/)), (text) => {
        const parsed = parseAddress(text);
        if (parsed !== undefined) expect(addressBytes(parsed)).toEqual(addressBytes(address(parsed)));
      }),
    );
  });
});

describe('bytes of what is no address', () => {
  it('are a mistake of the caller', () => {
    expect(() => addressBytes('10.0.0' as never)).toThrow(TypeError);
  });
});
