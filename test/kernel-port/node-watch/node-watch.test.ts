import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readBridges, readPassing } from '../../../src/kernel/node-watch/bridge-check.js';
import {
  ConntrackCapacity,
  type ConntrackLoad,
  conntrackStatistics,
} from '../../../src/kernel/node-watch/conntrack-capacity.js';
import { type NodeCheck, NodeWatch } from '../../../src/kernel/node-watch/node-watch.js';
import type { Problem } from '../../../src/model/problem.js';
import { ProblemBoard } from '../../../src/model/problem-board.js';
import { HandClock } from '../../support/hand-clock.js';

const PROBLEM: Problem = { kind: 'kernel', subject: 'a', message: 'b.', remedy: 'c.' };

async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

describe('the watch over the node', () => {
  it('looks again and again, tells changes alone, and ends', async () => {
    const clock = new HandClock();
    const board = new ProblemBoard();
    let [looks, reported] = [0, 0];
    board.watch(() => reported++);
    let found: Problem[] = [];
    const check: NodeCheck = {
      subject: 'a',
      async look() {
        looks++;
        return found;
      },
    };
    const watch = new NodeWatch([check], clock, board.topic('node watch'));
    watch.start();
    await settle();
    expect([looks, reported]).toEqual([1, 0]);
    found = [PROBLEM];
    for (const _ of [1, 2]) {
      clock.advance(10_000);
      await settle();
    }
    expect([looks, reported]).toEqual([3, 1]);
    expect(board.shortList).toEqual([PROBLEM]);
    await watch.stop();
    expect(clock.next).toBeUndefined();
  });

  it('tells what could not be looked at, and looks at the rest', async () => {
    const broken: NodeCheck = {
      subject: 'connection tracking',
      look: async () => {
        throw Object.assign(new Error('no'), { code: 'EPERM' });
      },
    };
    let reported: readonly Problem[] = [];
    const checks = [broken, { subject: 'a', look: async () => [PROBLEM] }];
    const watch = new NodeWatch(checks, new HandClock(), (found) => {
      reported = found;
    });
    watch.start();
    await settle();
    expect(reported).toMatchObject([{ message: expect.stringContaining('EPERM') }, PROBLEM]);
    await watch.stop();
  });
});

describe('connection tracking', () => {
  let load: ConntrackLoad | undefined;
  let room: ConntrackCapacity;

  beforeEach(() => {
    load = { entries: 90, most: 100, dropped: 5, notInserted: 0 };
    room = new ConntrackCapacity(async () => load);
  });

  const messages = async () => (await room.look()).map(({ message }) => message.slice(0, 20));

  it('is reported from nine tenths of its limit on, and until clearly less', async () => {
    const reported = await room.look();
    expect(reported).toMatchObject([{ field: 'net.netfilter.nf_conntrack_max' }]);
    load = { entries: 85, most: 100, dropped: 9, notInserted: 0 };
    await room.look();
    load = { entries: 79, most: 100, dropped: 9, notInserted: 0 };
    expect(await room.look()).toEqual([]);
    load = { entries: 89, most: 100, dropped: 9, notInserted: 0 };
    expect(await room.look()).toEqual([]);
  });

  it('is full once packets were dropped, which is reported until there is room again', async () => {
    const before = await messages();
    load = { entries: 95, most: 100, dropped: 6, notInserted: 0 };
    const full = await messages();
    expect(full).not.toEqual(before);
    load = { entries: 92, most: 100, dropped: 6, notInserted: 0 };
    expect(await messages()).toEqual(full);
  });

  it('that has no limit, or does not exist, is no problem', async () => {
    load = { entries: 90, most: 0, dropped: 0, notInserted: 0 };
    expect(await room.look()).toEqual([]);
    load = undefined;
    expect(await room.look()).toEqual([]);
  });

  it('has its statistics summed over processors, by the names of the columns', () => {
    const sum = conntrackStatistics(
      'entries  found insert_failed drop\n00000010  00000000 0000000a 00000001\n00000010  00000000 00000006 00000000\n',
    );
    expect([sum('insert_failed'), sum('drop'), sum('missing')]).toEqual([16, 1, 0]);
    expect(conntrackStatistics('')('drop')).toBe(0);
  });
});

describe('bridges of the node', () => {
  let folder: string;
  const places = () => ({ proc: `${folder}/proc`, sys: `${folder}/sys` });
  const [name = 'lo'] = Object.entries(networkInterfaces()).flatMap(([device, list]) =>
    list?.some(({ family }) => family === 'IPv4') ? [device] : [],
  );

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'bridges-'));
    for (const port of ['veth0', 'veth1'])
      mkdirSync(`${folder}/sys/class/net/${name}/brif/${port}`, { recursive: true });
    mkdirSync(`${folder}/sys/class/net/${name}/bridge`);
    mkdirSync(`${folder}/proc/sys/net`, { recursive: true });
    mkdirSync(`${folder}/sys/class/net/eth7`);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const set = (IPv4: string, IPv6: string) => {
    mkdirSync(`${folder}/proc/sys/net/bridge`, { recursive: true });
    writeFileSync(`${folder}/proc/sys/net/bridge/bridge-nf-call-iptables`, `${IPv4}\n`);
    writeFileSync(`${folder}/proc/sys/net/bridge/bridge-nf-call-ip6tables`, `${IPv6}\n`);
  };
  const names = async () =>
    (await readBridges(places(), await readPassing(places()))).map((bridge) => bridge.name);

  it('go past netfilter without the module, and family by family with it', async () => {
    expect(await readPassing(places())).toEqual({
      IPv4: 'the module br_netfilter is not loaded',
      IPv6: 'the module br_netfilter is not loaded',
    });
    set('0', '1');
    expect(await readPassing(places())).toEqual({
      IPv4: 'net.bridge.bridge-nf-call-iptables is 0',
      IPv6: undefined,
    });
  });

  it('are those with two ports and an address of a family that goes past netfilter', async () => {
    expect(await names()).toEqual([name]);
    set('1', '1');
    expect(await names()).toEqual([]);
    set('0', '1');
    expect(await names()).toEqual([name]);
    rmSync(`${folder}/sys/class/net/${name}/brif/veth1`, { recursive: true });
    expect(await names()).toEqual([]);
  });

  it('are left out where they ask netfilter by a switch of their own', async () => {
    set('0', '0');
    for (const file of ['nf_call_iptables', 'nf_call_ip6tables'])
      writeFileSync(`${folder}/sys/class/net/${name}/bridge/${file}`, '1\n');
    expect(await names()).toEqual([]);
  });
});
