import { describe, expect, it } from 'vitest';
import { listedParts, lookedServers } from '../../src/kernel/native/listed-servers.js';
import type { RealServerRecord, ServerKey, VirtualServerRecord } from '../../src/kernel/native/records.js';
import type { Address } from '../../src/model/address.js';
import {
  evenServers,
  type RealServer,
  RealServerList,
  realServer,
  type UnreadServers,
} from '../../src/model/real-server.js';
import { address, POD_1, POD_1_6, POD_2, POD_2_6, VIP_A, VIP_A6 } from '../support/addresses.js';
import { listing, lookAnswer } from './packed-answers.js';

const WEB: ServerKey = { address: VIP_A, port: 80, protocol: 'TCP' };
const WEB_6: ServerKey = { address: VIP_A6, port: 80, protocol: 'TCP' };
const MARKED: ServerKey = { family: 'IPv4', mark: 5 };

const COUNTERS = Object.fromEntries(
  [
    ...['connections', 'inPackets', 'outPackets', 'inBytes', 'outBytes'],
    ...['connectionRate', 'inPacketRate', 'outPacketRate', 'inByteRate', 'outByteRate'],
  ].map((name) => [name, 0]),
) as unknown as VirtualServerRecord['counters'];

function listed(key: ServerKey, ...servers: Partial<RealServerRecord>[]) {
  const realServers = servers.map((server) => ({
    address: POD_1,
    port: 8080,
    weight: 1,
    forwarding: 0,
    active: 0,
    inactive: 0,
    upperThreshold: 0,
    ...server,
  }));
  const server = { key, scheduler: 'rr', flags: 2, timeout: 0, prefixLength: 32, counters: COUNTERS };
  return { kind: 'present', server, realServers } as const;
}

const list = (...servers: readonly ReturnType<typeof listed>[]) =>
  lookedServers(lookAnswer(servers)).flatMap((found) => (found.kind === 'present' ? [found.server] : []));
const textsOf = (servers: UnreadServers) => servers.read().map(({ key, weight }) => `${key} ${weight}`);

describe('looked up virtual servers', () => {
  it('have each the real servers that are its own, in both families and of marks', () => {
    const found = list(
      listed(WEB, { weight: 3 }, { address: POD_2 }),
      listed(MARKED),
      listed(WEB_6, { address: POD_1_6, port: 1 }),
    );
    expect(found.map(({ key, scheduler, flags }) => ({ key, scheduler, flags }))).toEqual(
      [WEB, MARKED, WEB_6].map((key) => ({ key, scheduler: 'rr', flags: 2 })),
    );
    expect(found.map(({ realServers }) => textsOf(realServers))).toEqual([
      [`${POD_1}:8080 3`, `${POD_2}:8080 1`],
      [],
      [`[${POD_1_6}]:1 1`],
    ]);
  });
});

/** One text of a listing, of virtual servers with these real servers. */
const part = (servers: readonly string[], records?: readonly number[]) => ({
  settings: [{ scheduler: 'rr', flags: 2, timeout: 0 }],
  kinds: servers.map(() => 0),
  names: servers.map((_, index) => `10.96.0.${index}:80/TCP`),
  servers,
  ...(records && { records }),
});

describe('a listing of virtual servers', () => {
  const ONE = '8080 3 10.9.9.8';
  const TWO = `8080 1 ${POD_1},${POD_2}`;
  const server = (settings: Partial<RealServerRecord>) => listed(WEB, settings).realServers;

  it('has real servers by their text, by their records, and none', () => {
    const records = [...server({ weight: 3 }), ...server({ port: 1 }), ...server({ port: 2 })];
    const [first, second] = listedParts(listing([part([ONE, '', ''], [0, 2, 0]), part([''], [1])], records));
    expect([0, 1, 2].map((index) => first && textsOf(first.realServers(index)))).toEqual([
      ['10.9.9.8:8080 3'],
      [`${POD_1}:8080 3`, `${POD_1}:1 1`],
      [],
    ]);
    expect(second && textsOf(second.realServers(0))).toEqual([`${POD_1}:2 1`]);
  });

  it('tells the connections of those that have some', () => {
    const records = [...server({}), ...server({ address: POD_2, active: 5 }), ...server({ inactive: 7 })];
    const [found] = listedParts(listing([part([TWO, ONE, ONE], [2, 0, 1])], records));
    const busyOf = (index: number) =>
      found?.busy(index).map(([{ key }, { active, inactive }]) => [key, active, inactive]);
    expect(busyOf(0)).toEqual([[`${POD_2}:8080`, 5, 0]]);
    expect(busyOf(1)).toEqual([]);
    expect(busyOf(2)).toEqual([[`${POD_1}:8080`, 0, 7]]);
    expect(found?.mayBeBusy).toBe(true);
  });

  it('knows without a look at each where none has connections', () => {
    const [found] = listedParts(listing([part([ONE, ''])]));
    expect([found?.mayBeBusy, found?.busy(0)]).toEqual([false, []]);
    expect(found && textsOf(found.realServers(1))).toEqual([]);
    expect(found?.realServers(1).areThese(new RealServerList())).toBe(true);
  });
});

describe('real servers of a virtual server', () => {
  const ONE = realServer(POD_1, 8080, 1);
  const TWO = realServer(POD_2, 8080, 1);
  const are = (servers: readonly RealServer[], ...records: Partial<RealServerRecord>[]) =>
    list(listed(WEB, ...records))[0]?.realServers.areThese(new RealServerList(servers));

  it('are those that were added in the reverse order, as the kernel keeps them', () => {
    expect(are([ONE, TWO], { address: POD_2 }, { address: POD_1 })).toBe(true);
    expect(are([])).toBe(true);
  });

  it.each<[string, Partial<RealServerRecord>]>([
    ['address', { address: POD_2 }],
    ['longer address', { address: `${POD_1}1` as Address }],
    ['family', { address: POD_1_6 }],
    ['port', { port: 8081 }],
    ['weight', { weight: 0 }],
  ])('are others with another %s', (_, other) => {
    expect(are([ONE], other)).toBe(false);
  });

  it('are others where there are more or fewer', () => {
    expect(are([ONE], {}, { address: POD_2 })).toBe(false);
    expect(are([ONE, TWO], {})).toBe(false);
  });

  it('are compared in both families', () => {
    const [six] = list(listed(WEB_6, { address: POD_1_6 }));
    expect(six?.realServers.areThese(new RealServerList([realServer(POD_1_6, 8080, 1)]))).toBe(true);
    expect(six?.realServers.areThese(new RealServerList([realServer(POD_2_6, 8080, 1)]))).toBe(false);
  });

  it('are compared by their text where they have one', () => {
    const [found] = listedParts(listing([part(['8080 1 10.9.9.8,10.9.9.9'])]));
    const servers = found?.realServers(0);
    const pods = (...last: number[]) => last.map((byte) => address(`10.9.9.${byte}`));
    expect(servers?.size).toBe(2);
    expect(servers?.areThese(evenServers(pods(9, 8), 8080, 1))).toBe(true);
    for (const other of [pods(9, 7), pods(9, 8, 7), pods(8)])
      expect(servers?.areThese(evenServers(other, 8080, 1))).toBe(false);
    expect(servers?.areThese(evenServers(pods(9, 8), 8081, 1))).toBe(false);
    expect(servers?.areThese(evenServers(pods(9, 8), 8080, 2))).toBe(false);
  });
});
