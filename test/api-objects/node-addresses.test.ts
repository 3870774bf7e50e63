import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { translateNodeAddresses } from '../../src/api-objects/node.js';
import { problemText } from '../../src/model/problem.js';

const nodeWith = (addresses: unknown, name: unknown = 'worker-2') => ({
  kind: 'Node',
  metadata: { name },
  status: { addresses },
});

describe('of a Node that is another one', () => {
  test('every address counts, once, and a host name where it is an address', () => {
    const translation = translateNodeAddresses(
      nodeWith([
        { type: 'Hostname', address: '192.0.2.7' },
        { type: 'InternalDNS', address: 'worker-2.example' },
        { type: 'ExternalIP', address: '203.0.113.10' },
        { type: 'InternalIP', address: '192.0.2.10' },
        { type: 'InternalIP', address: 'FD00::10' },
        { type: 'Hostname', address: '192.0.2.10' },
      ]),
    );
    const addresses = ['192.0.2.10', 'fd00::10', '203.0.113.10', '192.0.2.7'];
    expect(translation).toMatchObject({ record: { name: 'worker-2', addresses }, problems: [] });
  });

  test('a host name that is a name is in order, and so is a Node without a status', () => {
    for (const object of [nodeWith([{ type: 'Hostname', address: 'worker-2' }]), nodeWith(undefined)])
      expect(translateNodeAddresses(object)).toMatchObject({ record: { addresses: [] }, problems: [] });
  });

  test('what is no address is left out and named', () => {
    const translation = translateNodeAddresses(
      nodeWith([
        { type: 'InternalIP', address: 'ten' },
        { type: 'InternalIP', address: '192.0.2.10' },
      ]),
    );
    expect(translation).toMatchObject({ record: { addresses: ['192.0.2.10'] } });
    expect(translation.problems.map(problemText)).toEqual([
      expect.stringMatching(/^Node worker-2, status\.addresses\[0\]\.address: is "ten", expected an IPv4/),
    ]);
  });

  test('without a name nothing is known of it', () => {
    expect(translateNodeAddresses(nodeWith([], '-'))).toMatchObject({ kind: 'left-alone' });
  });

  test('no object makes it throw', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(() => translateNodeAddresses(value)).not.toThrow();
        expect(() => translateNodeAddresses(nodeWith(value))).not.toThrow();
      }),
    );
  });
});
