import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endsOf, readReservedAddresses } from '../../src/kernel/node/node-addresses.js';

// As a little-endian machine shows them: this file's own words for 192.0.2.1 and 192.0.2.254.
const ROUTES = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0
eth1\t00000000\tFE0200C0\t0003\t0\t0\t200\t00000000\t0\t0\t0
wg0\t00000000\t00000000\t0001\t0\t0\t300\t00000000\t0\t0\t0
eth0\t0002000A\t010000C0\t0003\t0\t0\t0\t00FFFFFF\t0\t0\t0
`;

const ZERO = '0'.repeat(32);
const ROUTES_6 = [
  `${ZERO} 00 ${ZERO} 00 20010db8000000000000000000000001 00000400 00000001 00000000 00000003     eth0`,
  `${ZERO} 00 ${ZERO} 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003     eth0`,
  `20010db8000100000000000000000000 30 ${ZERO} 00 20010db8000000000000000000000002 00000400 00000001 00000000 00000003 eth0`,
  `${ZERO} 00 ${ZERO} 00 ${ZERO} ffffffff 00000001 00000000 00200200       lo`,
].join('\n');

const RESOLVERS = `# nameserver 192.0.2.99
search example.org
nameserver 192.0.2.53
nameserver\t2001:db8::53
nameserver fe80::53%eth0
nameserver 127.0.0.53
`;

describe('what a node needs beside its own addresses', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'reserved-addresses-'));
    await writeFile(join(folder, 'routes'), ROUTES);
    await writeFile(join(folder, 'routes6'), ROUTES_6);
    await writeFile(join(folder, 'resolvers'), RESOLVERS);
  });

  afterAll(() => rm(folder, { recursive: true }));

  const read = (use: string) =>
    readReservedAddresses(networkInterfaces(), {
      routes: join(folder, 'routes'),
      routes6: join(folder, 'routes6'),
      resolvers: join(folder, 'resolvers'),
    })
      .filter((entry) => entry.use === use)
      .map(({ address }) => address);

  it('are the gateways of its default routes, whatever their metric, but of no other route', () => {
    expect(read('gateway')).toEqual(['192.0.2.1', '192.0.2.254', '2001:db8::1']);
  });

  it('are the resolvers that it asks, but none that a Service cannot have anyway', () => {
    expect(read('resolver')).toEqual(['192.0.2.53', '2001:db8::53']);
  });

  it('are none where the files are missing', () => {
    const files = { routes: '/nowhere', routes6: '/nowhere', resolvers: '/nowhere' };
    expect(
      readReservedAddresses(networkInterfaces(), files).filter(
        ({ use }) => use === 'gateway' || use === 'resolver',
      ),
    ).toEqual([]);
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
