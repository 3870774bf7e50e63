import { beforeEach, describe, expect, it } from 'vitest';
import { MasqueradePorts } from '../../../src/kernel/node-watch/masquerade-ports.js';
import { masqueradeRanges } from '../../../src/kernel/packet-table/packet-rules/masquerade-rules.js';
import { POD_2, VIP_B } from '../../support/addresses.js';
import { flow, HandFlows, OWNED } from './support.js';

const RANGES = [
  [600, 609],
  [10_000, 10_099],
  [20_000, 20_199],
] as const;

describe('the ports of masqueraded clients', () => {
  let flows: HandFlows;
  let load: { entries: number; most: number; dropped: number; notInserted: number };
  let room: MasqueradePorts;

  beforeEach(() => {
    flows = new HandFlows();
    load = { entries: 90, most: 1_000, dropped: 0, notInserted: 0 };
    room = new MasqueradePorts({ load: async () => load, flows, ranges: RANGES, owned: () => OWNED });
  });

  const taken = (count: number, first: number, fields = {}) =>
    Array.from({ length: count }, (_, index) => flow(first + index, fields));

  it('are reported with the Service from nine tenths of one range on', async () => {
    flows.list = taken(89, 10_000);
    expect(await room.look()).toEqual([]);
    flows.list = taken(90, 10_000);
    expect(await room.look()).toMatchObject([
      { service: 'default/web', message: expect.stringContaining('100 source ports 10000–10099') },
    ]);
  });

  it('are reported until clearly fewer are taken, in the same words', async () => {
    flows.list = taken(95, 10_000);
    const reported = await room.look();
    flows.list = taken(85, 10_000);
    expect(await room.look()).toEqual(reported);
    flows.list = taken(79, 10_000);
    load = { ...load, entries: 79 };
    expect(await room.look()).toEqual([]);
  });

  it('are counted for each server, each range and each address of the node by itself', async () => {
    flows.list = [...taken(60, 10_000), ...taken(60, 10_000, { replySource: POD_2 }), ...taken(100, 20_000)];
    expect(await room.look()).toEqual([]);
  });

  it('are counted over all frontends of one server, and reported for the one with the most', async () => {
    const both = new Map(OWNED);
    const [own] = OWNED.values();
    if (own === undefined) throw new Error('a frontend expected');
    const other = {
      ...own.frontend,
      address: VIP_B,
      key: own.frontend.key.replace(own.frontend.address, VIP_B),
    };
    both.set(other.key as typeof own.frontend.key, { frontend: own.frontend, owner: 'default/other:http' });
    room = new MasqueradePorts({ load: async () => load, flows, ranges: RANGES, owned: () => both });
    flows.list = [...taken(40, 10_000), ...taken(55, 10_040, { destination: VIP_B })];
    expect(await room.look()).toMatchObject([{ service: 'default/other', reason: 'SourcePortsScarce' }]);
  });

  it('of clients that keep their own address, and of what is no frontend of ours, are not counted', async () => {
    flows.list = [
      ...taken(95, 10_000, { status: 2 }),
      ...taken(95, 10_000, { destination: VIP_B, replySource: POD_2 }),
    ];
    expect(await room.look()).toEqual([]);
  });

  it('are not counted while all connections of the node could not fill a range', async () => {
    load = { ...load, entries: 89 };
    await room.look();
    expect(flows.looks).toBe(0);
    load = { ...load, entries: 90 };
    await room.look();
    expect(flows.looks).toBe(1);
  });

  it('below 1024 are counted once a connection could not be entered, when a look is due', async () => {
    load = { ...load, entries: 20, notInserted: 7 };
    flows.list = taken(10, 600);
    expect(await room.look()).toEqual([]);
    flows.isRested = false;
    load = { ...load, notInserted: 8 };
    expect(await room.look()).toEqual([]);
    flows.isRested = true;
    expect(await room.look()).toMatchObject([
      { message: expect.stringContaining('10 source ports 600–609') },
    ]);
  });

  it('come from the ranges that the rules name', () => {
    expect(masqueradeRanges()).toEqual([
      [600, 1023],
      [32_768, 65_535],
      [1024, 29_999],
    ]);
    expect(masqueradeRanges([80, 32_767])).toEqual([[32_768, 65_535]]);
  });
});
