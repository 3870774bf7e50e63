import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TrafficReader } from '../../src/kernel/netlink/traffic-reader.js';
import { frontend, insideOf } from '../../src/model/frontend.js';
import { FreshNamespace, IN_TEST_KERNEL } from '../native/fresh-namespace.js';
import { address, VIP_A, VIP_A6 } from '../support/addresses.js';

const INSIDE = insideOf(frontend(VIP_A, 80, 'TCP'), 7);
const OWNED = new Map([[INSIDE.key, { frontend: INSIDE, owner: 'default/web' }]]);

describe.skipIf(!IN_TEST_KERNEL)('the traffic of virtual servers', () => {
  let space: FreshNamespace;
  let reader: TrafficReader;

  beforeEach(() => {
    space = new FreshNamespace();
    reader = new TrafficReader(space.open());
  });
  afterEach(() => {
    reader.close();
    space[Symbol.dispose]();
  });

  it('is what the kernel counted for each of them, those by mark by the name that the ledger has for them', async () => {
    const settings = { kind: 'add-virtual-server', scheduler: 'rr', flags: 0, timeout: 0 } as const;
    const dns = { address: VIP_A, port: 53, protocol: 'UDP' } as const;
    space.run('ip', 'addr', 'add', `${VIP_A}/32`, 'dev', 'lo');
    await space.apply(
      { ...settings, key: dns },
      { ...settings, key: { address: VIP_A6, port: 80, protocol: 'TCP' } },
      { ...settings, key: { family: 'IPv4', mark: 7 } },
      { ...settings, key: { family: 'IPv4', mark: 8 } },
      { kind: 'add-real-server', key: dns, address: address('127.0.0.1'), port: 5353, weight: 1 },
    );
    space.sendDatagrams(VIP_A, 53, 3);
    await expect
      .poll(async () => (await reader.read(OWNED)).get('10.96.0.10:53/UDP' as never), {
        timeout: 30_000,
        interval: 500,
      })
      .toMatchObject({ connections: 3, inPackets: 3, inBytes: 3 * (20 + 8 + 6) });
    expect([...(await reader.read(OWNED)).keys()].sort()).toEqual([
      '10.96.0.10:53/UDP',
      INSIDE.key,
      '[fd00:96::10]:80/TCP',
    ]);
  });
});
