import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endsOf, nodeAddressesOf } from '../../src/kernel/node/node-addresses.js';
import { address } from '../support/addresses.js';

const RESOLVERS = `# nameserver 192.0.2.99
search example.org
nameserver 192.0.2.53
nameserver\t2001:db8::53
nameserver fe80::53%eth0
nameserver 127.0.0.53
`;

const own = (text: string, prefixLength: number) => ({
  address: address(text),
  prefixLength,
  isRoute: false,
});
const gateway = (text: string) => ({ address: address(text), prefixLength: 32, isRoute: true });

describe('the addresses of a node', () => {
  it('are those of its interfaces, each once, but for link-local and loopback ones', () => {
    const addresses = ['192.0.2.7', '2001:db8::7', 'fe80::7', '127.0.0.2', '192.0.2.7', '169.254.20.10'];
    expect(
      nodeAddressesOf(
        addresses.map((text) => own(text, 32)),
        '/nowhere',
      ).own,
    ).toEqual(['192.0.2.7', '2001:db8::7', '169.254.20.10']);
  });
});

describe('what a node needs beside its own addresses', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'node-addresses-'));
    await writeFile(join(folder, 'resolvers'), RESOLVERS);
  });

  afterAll(() => rm(folder, { recursive: true }));

  const read = (use: string, ...records: Parameters<typeof nodeAddressesOf>[0]) =>
    nodeAddressesOf(records, join(folder, 'resolvers'))
      .reserved.filter((entry) => entry.use === use)
      .map((entry) => entry.address);

  it('are the gateways of its default routes, but for link-local ones', () => {
    const gateways = ['192.0.2.1', '192.0.2.254', '192.0.2.1', '2001:db8::1', 'fe80::1'].map(gateway);
    expect(read('gateway', ...gateways)).toEqual(['192.0.2.1', '192.0.2.254', '2001:db8::1']);
  });

  it('are the resolvers that it asks, but none that a Service cannot have anyway', () => {
    expect(read('resolver')).toEqual(['192.0.2.53', '2001:db8::53']);
  });

  it('are no resolvers where the file is missing', () => {
    expect(nodeAddressesOf([], '/nowhere')).toEqual({ own: [], reserved: [] });
  });

  it('are the ends of the subnets that it is in', () => {
    expect(read('broadcast', own('192.0.2.7', 24), own('192.0.2.7', 24), gateway('198.51.100.1'))).toEqual([
      '192.0.2.255',
    ]);
  });

  it.each([
    ['192.0.2.7/24', ['network 192.0.2.0', 'broadcast 192.0.2.255']],
    ['10.1.2.3/8', ['network 10.0.0.0', 'broadcast 10.255.255.255']],
    ['192.0.2.7/30', ['network 192.0.2.4', 'broadcast 192.0.2.7']],
    ['192.0.2.7/31', []],
    ['192.0.2.7/32', []],
    ['2001:db8::7/64', ['network 2001:db8::']],
    ['2001:db8::7/127', []],
    ['2001:db8::7/128', []],
    ['169.254.3.4/16', []],
  ] as const)('are the ends of the subnet of %s that no host can have', (subnet, ends) => {
    expect(endsOf(subnet).map(({ use, address }) => `${use} ${address}`)).toEqual(ends);
  });
});
