import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeFlows } from '../../src/kernel/native/answer-decoder.js';
import { type AddressKey, FLOW_STATUS, type ForgetFlowsOperation } from '../../src/kernel/native/records.js';
import type { Address } from '../../src/model/address.js';
import { FreshNamespace, IN_TEST_KERNEL } from '../native/fresh-namespace.js';
import { address, POD_1, POD_1_6, POD_2, VIP_A, VIP_A6, VIP_B } from '../support/addresses.js';

const DNS: AddressKey = { address: VIP_A, port: 53, protocol: 'UDP' };
const OTHER: AddressKey = { address: VIP_B, port: 53, protocol: 'UDP' };
const CLIENT = address('192.0.2.1');
const CLIENT_6 = address('2001:db8::1');
const LOCALHOST = address('127.0.0.1');

function forget(key: AddressKey, server?: Address, port = 0): ForgetFlowsOperation {
  return server === undefined
    ? { kind: 'forget-flows', key }
    : { kind: 'forget-flows', key, address: server, port };
}

describe.skipIf(!IN_TEST_KERNEL)('tracked flows through the addon', () => {
  let space: FreshNamespace;

  beforeEach(() => {
    space = new FreshNamespace();
  });
  afterEach(() => {
    space[Symbol.dispose]();
  });

  // A flow as IPVS leaves it: the reply comes from the real server.
  function insert(vip: Address, server: Address, clientPort: number, client = CLIENT): void {
    space.run(
      ...['conntrack', '-I', '-p', 'udp', '-t', '600', '--src', client, '--dst', vip],
      ...['--sport', `${clientPort}`, '--dport', '53', '--reply-src', server, '--reply-dst', client],
      ...['--reply-port-src', '5353', '--reply-port-dst', `${clientPort}`],
    );
  }

  // Its reply comes from where it was sent to.
  function insertUnbalanced(clientPort: number): void {
    space.run(
      ...['conntrack', '-I', '-p', 'udp', '-t', '600', '--src', CLIENT, '--dst', POD_2],
      ...['--sport', `${clientPort}`, '--dport', '53', '--reply-src', POD_2, '--reply-dst', CLIENT],
      ...['--reply-port-src', '53', '--reply-port-dst', `${clientPort}`],
    );
  }

  function flows(family = 'ipv4'): string[] {
    return space.run('conntrack', '-L', '-f', family, '-p', 'udp').trim().split('\n').filter(Boolean);
  }

  it('are forgotten for one real server only', async () => {
    insert(VIP_A, POD_1, 1001);
    insert(VIP_A, POD_1, 1002);
    insert(VIP_A, POD_2, 1003);
    insert(VIP_B, POD_1, 1004);
    expect(await space.apply(forget(DNS, POD_1, 1), forget({ ...DNS, protocol: 'TCP' }, POD_1))).toEqual([
      0, 0,
    ]);
    expect(flows()).toHaveLength(4);
    expect(await space.apply(forget(DNS, POD_1, 5353))).toEqual([0]);
    expect(flows()).toHaveLength(2);
    expect(await space.apply(forget(DNS), forget(OTHER, POD_1))).toEqual([0, 0]);
    expect(flows()).toEqual([]);
  });

  it('are forgotten by the hundred, in both families', async () => {
    for (let port = 2001; port <= 2004; port++) {
      insert(VIP_A, POD_1, port);
      insert(VIP_A6, POD_1_6, port, CLIENT_6);
    }
    const others = Array.from({ length: 500 }, (_, i) => forget({ ...DNS, port: 1000 + i }, POD_2));
    const codes = await space.apply(
      ...others,
      forget(DNS, POD_1),
      forget({ ...DNS, address: VIP_A6 }, POD_1_6),
    );
    expect(new Set(codes)).toEqual(new Set([0]));
    expect([...flows(), ...flows('ipv6')]).toEqual([]);
  });

  it('are listed with both of their ends where somebody balances them', async () => {
    insert(VIP_A, POD_1, 1001);
    insert(VIP_A6, POD_1_6, 1002, CLIENT_6);
    insertUnbalanced(1003);
    const flows = decodeFlows(await space.handle.dumpFlows(0, 100));
    expect(flows.map(({ family, protocol, destinationPort }) => [family, protocol, destinationPort])).toEqual(
      expect.arrayContaining([
        ['IPv4', 'UDP', 53],
        ['IPv6', 'UDP', 53],
      ]),
    );
    expect(flows).toHaveLength(2);
    const flow = flows.find(({ family }) => family === 'IPv4');
    expect([flow?.source, flow?.destination, flow?.replySource, flow?.replyDestination]).toEqual([
      ...[CLIENT, VIP_A, POD_1, CLIENT],
    ]);
    expect([flow?.replySourcePort, flow?.replyDestinationPort]).toEqual([5353, 1001]);
  });

  it('are listed up to a number, and by status', async () => {
    for (let port = 1001; port <= 1005; port++) insert(VIP_A, POD_1, port);
    expect(decodeFlows(await space.handle.dumpFlows(0, 3))).toHaveLength(3);
    const flows = decodeFlows(await space.handle.dumpFlows(FLOW_STATUS.sourceTranslated, 100));
    expect(flows).toHaveLength(0);
    expect(new Set(decodeFlows(await space.handle.dumpFlows(0, 100)).map(({ way }) => way)).size).toBe(1);
  });

  it('are forgotten as IPVS tracks them', async () => {
    space.run('sysctl', '-q', '-w', 'net.ipv4.vs.conntrack=1');
    // Conntrack looks at packets only where a rule asks for it.
    space.runWith(
      'add table inet t; add chain inet t c { type filter hook output priority 0; }; add rule inet t c ct state new',
      'nft',
      '-f',
      '-',
    );
    await space.handle.ensureDevice();
    await space.apply(
      { kind: 'bind-address', address: VIP_A },
      { kind: 'add-virtual-server', key: DNS, scheduler: 'rr', flags: 0, timeout: 0 },
      { kind: 'add-real-server', key: DNS, address: LOCALHOST, port: 5353, weight: 1 },
    );
    space.sendDatagrams(VIP_A, 53, 2);
    expect(flows()).toHaveLength(2);
    expect(await space.apply(forget(DNS, POD_1, 5353))).toEqual([0]);
    expect(flows()).toHaveLength(2);
    expect(await space.apply(forget(DNS, LOCALHOST, 5353))).toEqual([0]);
    expect(flows()).toEqual([]);
  });
});
