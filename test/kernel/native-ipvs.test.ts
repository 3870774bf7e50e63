import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeDigests, decodeVirtualServers, serverKeysOf } from '../../src/kernel/native/answer-decoder.js';
import { listedParts } from '../../src/kernel/native/listed-servers.js';
import { encodeKeys, encodeOperations } from '../../src/kernel/native/operation-encoder.js';
import type {
  AddressKey,
  KernelOperation,
  MarkKey,
  RealServerOperation,
  ServerKey,
  VirtualServerOperation,
} from '../../src/kernel/native/records.js';
import { frontend } from '../../src/model/frontend.js';
import { FreshNamespace, IN_TEST_KERNEL, REFUSED } from '../native/fresh-namespace.js';
import { address, POD_1, POD_1_6, POD_2, POD_3, VIP_A, VIP_A6, VIP_B } from '../support/addresses.js';

const LOCALHOST = address('127.0.0.1');
const WEB: AddressKey = { address: VIP_A, port: 80, protocol: 'TCP' };
const OTHER: AddressKey = { address: VIP_B, port: 80, protocol: 'TCP' };
const WEB_6: AddressKey = { address: VIP_A6, port: 80, protocol: 'TCP' };

function virtualServer(
  key: ServerKey,
  settings: Partial<VirtualServerOperation> = {},
): VirtualServerOperation {
  return { kind: 'add-virtual-server', key, scheduler: 'rr', flags: 0, timeout: 0, ...settings };
}

function realServer(key: ServerKey, target = POD_1, settings: Partial<RealServerOperation> = {}) {
  return { kind: 'add-real-server', key, address: target, port: 8080, weight: 1, ...settings } as const;
}

function many(count: number): AddressKey[] {
  return Array.from({ length: count }, (_, index) => ({
    address: address(`10.97.${index >> 8}.${index & 0xff}`),
    port: 80,
    protocol: 'TCP',
  }));
}

describe.skipIf(!IN_TEST_KERNEL)('IPVS through the addon', () => {
  let space: FreshNamespace;

  beforeEach(() => {
    space = new FreshNamespace();
  });
  afterEach(() => {
    space[Symbol.dispose]();
  });

  async function dump() {
    return decodeVirtualServers(await space.handle.dumpVirtualServers());
  }

  async function listed() {
    const parts = [...listedParts(await space.handle.listVirtualServers())];
    return parts.flatMap((part) =>
      part.spelled.names.map((name, index) => ({
        name,
        scheduler: part.spelled.settings[part.spelled.kinds[index] ?? -1]?.scheduler,
        servers: part
          .realServers(index)
          .read()
          .map(({ key, weight }) => `${key} ${weight}`),
      })),
    );
  }

  const nameOf = (key: ServerKey) =>
    'mark' in key ? `${key.family} ${key.mark}` : frontend(key.address, key.port, key.protocol).key;

  const walked = async () => {
    const { keys, isLast } = await space.handle.walkVirtualServers(true, 1_000);
    expect(isLast).toBe(true);
    return [...serverKeysOf(keys)];
  };

  it('lists virtual servers of both families and of marks, each with its real servers, the last added first', async () => {
    const [mark, mark6]: MarkKey[] = [
      { family: 'IPv4', mark: 7 },
      { family: 'IPv6', mark: 7 },
    ] as const;
    if (mark === undefined || mark6 === undefined) throw new Error('two marks expected');
    await space.apply(virtualServer(WEB, { scheduler: 'wrr', flags: 1 }));
    await space.apply(realServer(WEB), realServer(WEB, POD_2, { weight: 0 }), virtualServer(OTHER));
    await space.apply(virtualServer(WEB_6), realServer(WEB_6, POD_1_6, { weight: 3 }));
    await space.apply(virtualServer(mark), realServer(mark, POD_3), virtualServer(mark6));
    const list = await listed();
    const of = (key: ServerKey) => list.find(({ name }) => name === nameOf(key));
    expect(list.length).toBe(5);
    expect(of(WEB)).toMatchObject({ scheduler: 'wrr', servers: [`${POD_2}:8080 0`, `${POD_1}:8080 1`] });
    expect(of(OTHER)?.servers).toEqual([]);
    expect(of(WEB_6)?.servers).toEqual([`[${POD_1_6}]:8080 3`]);
    expect(of(mark)?.servers).toEqual([`${POD_3}:8080 1`]);
    expect(of(mark6)?.servers).toEqual([]);
  });

  it('lists a thousand virtual servers as their dump has them, and nothing where there is none', async () => {
    expect(await listed()).toEqual([]);
    await space.apply(...many(1000).map((key) => virtualServer(key)));
    const dumped = (await dump()).map(({ key }) => nameOf(key));
    expect((await listed()).map(({ name }) => name).sort()).toEqual(dumped.sort());
  });

  it('tells everything once after a list, and then only what was changed', async () => {
    await space.apply(virtualServer(WEB), realServer(WEB), virtualServer(OTHER), realServer(OTHER));
    await listed();
    expect((await walked()).length).toBe(2);
    expect(await walked()).toEqual([]);
    space.run('ipvsadm', '-e', '-t', `${VIP_A}:80`, '-r', `${POD_1}:8080`, '-m', '-w', '9');
    expect(await walked()).toEqual([WEB]);
    space.run('ipvsadm', '-D', '-t', `${VIP_B}:80`);
    expect(await walked()).toEqual([OTHER]);
  });

  it('tells everything once too where it is asked part by part, and what is written in between', async () => {
    const keys = many(100);
    await space.apply(...keys.map((key) => virtualServer(key)));
    let entries = 0;
    const inParts = async (between: () => Promise<unknown> = async () => undefined) => {
      const parts: ServerKey[][] = [];
      for (;;) {
        const part = await space.handle.walkVirtualServers(true, 30);
        parts.push([...serverKeysOf(part.keys)]);
        entries += part.entries;
        if (part.isLast) return parts;
        await between();
      }
    };
    const first = await inParts();
    expect(first.map(({ length }) => length)).toEqual([30, 30, 30, 10]);
    expect(entries).toBe(100);
    expect(new Set(first.flat().map((key) => JSON.stringify(key))).size).toBe(100);
    const written = keys.slice(0, 2);
    const during = await inParts(() => space.apply(...written.map((key) => realServer(key))));
    const after = await inParts();
    const told = [...during.flat(), ...after.flat()].map((key) => JSON.stringify(key));
    for (const key of written) expect(told).toContain(JSON.stringify(key));
    space.run('ipvsadm', '-C');
    expect((await inParts()).flat().length).toBe(100);
    expect(await inParts()).toEqual([[]]);
  });

  it('goes through all of them at once where somebody deleted one, and not where this handle did', async () => {
    const keys = many(10);
    await space.apply(...keys.map((key) => virtualServer(key)));
    await walked();
    const walkedOver = async () => (await space.handle.walkVirtualServers(false, 1_000)).entries;
    const [ours = WEB, theirs = WEB] = keys;
    await space.apply({ kind: 'delete-virtual-server', key: ours });
    expect(await walkedOver()).toBe(0);
    space.run('ipvsadm', '-D', '-t', `${'address' in theirs ? theirs.address : ''}:80`);
    expect(await walkedOver()).toBe(8);
  });

  it('adds a virtual server before its real servers in one send', async () => {
    const servers = [POD_1, POD_2, POD_3].map((pod, weight) => realServer(WEB, pod, { weight }));
    expect(await space.apply(virtualServer(WEB), ...servers)).toEqual([0, 0, 0, 0]);
    const [answer] = await space.look(WEB);
    if (answer?.kind !== 'present') throw new Error('not present');
    expect(answer.server).toMatchObject({ key: WEB, scheduler: 'rr', flags: 0, prefixLength: 32 });
    const seen = answer.realServers.map((server) => [server.address, server.port, server.weight]);
    expect(seen.sort()).toEqual([
      [POD_1, 8080, 0],
      [POD_2, 8080, 1],
      [POD_3, 8080, 2],
    ]);
  });

  describe.each([
    ['IPv4', WEB, POD_1],
    ['IPv6', WEB_6, POD_1_6],
    ['a mark', { family: 'IPv4', mark: 0x1234 }, POD_1],
  ] as const)('digests of %s', (_, key, pod) => {
    const digest = async (asked: ServerKey = key) => {
      const { buffer, count } = encodeKeys([asked]);
      return decodeDigests(await space.handle.digestVirtualServers(buffer, count))[0];
    };

    it('are the same until anything is set otherwise, and come back with it', async () => {
      expect(await digest()).toBeUndefined();
      const settings = { flags: 0x6b69_0000 };
      await space.apply(virtualServer(key, settings), realServer(key, pod));
      const first = await digest();
      expect(first).toBeDefined();
      expect(await digest()).toBe(first);
      const changes: [KernelOperation, KernelOperation][] = [
        [
          realServer(key, pod, { kind: 'set-real-server', weight: 5 }),
          realServer(key, pod, { kind: 'set-real-server' }),
        ],
        [realServer(key, pod, { port: 9090 }), { kind: 'delete-real-server', key, address: pod, port: 9090 }],
        ...[{ scheduler: 'wlc' }, { flags: 0x6b69_0001, timeout: 600 }, { flags: 0 }].map(
          (other): [KernelOperation, KernelOperation] => [
            virtualServer(key, { ...settings, ...other, kind: 'set-virtual-server' }),
            virtualServer(key, { ...settings, kind: 'set-virtual-server' }),
          ],
        ),
      ];
      for (const [change, back] of changes) {
        expect(await space.apply(change)).toEqual([0]);
        expect(await digest()).not.toBe(first);
        expect(await space.apply(back)).toEqual([0]);
        expect(await digest()).toBe(first);
      }
    });
  });

  it('digests and looks at IPv4, IPv6 and what is missing side by side, in the order asked', async () => {
    const servers = [WEB, WEB_6].map((key) => virtualServer(key));
    await space.apply(...servers, realServer(WEB), realServer(WEB_6, POD_1_6), realServer(WEB, POD_2));
    const keys = [WEB_6, OTHER, WEB, WEB_6, WEB];
    const answers = await space.look(...keys);
    expect(answers.map((answer) => (answer.kind === 'present' ? answer.server.key : answer.kind))).toEqual([
      WEB_6,
      'absent',
      WEB,
      WEB_6,
      WEB,
    ]);
    expect(answers.map((answer) => (answer.kind === 'present' ? answer.realServers.length : 0))).toEqual([
      1, 0, 2, 1, 2,
    ]);
    const { buffer, count } = encodeKeys(keys);
    const [six, none, four, ...again] = decodeDigests(await space.handle.digestVirtualServers(buffer, count));
    expect([none, ...again]).toEqual([undefined, six, four]);
  });

  it('tells apart what exists, which server is missing and an unknown scheduler', async () => {
    await space.apply(virtualServer(WEB), realServer(WEB));
    expect(
      await space.apply(
        virtualServer(WEB),
        realServer(WEB),
        virtualServer(OTHER, { kind: 'set-virtual-server' }),
        { kind: 'delete-virtual-server', key: OTHER },
        realServer(OTHER),
        { kind: 'delete-real-server', key: WEB, address: POD_2, port: 8080 },
        realServer(WEB, POD_2, { kind: 'set-real-server' }),
        virtualServer(OTHER, { scheduler: 'nonsense' }),
      ),
    ).toEqual([
      REFUSED.EEXIST,
      REFUSED.EEXIST,
      REFUSED.ESRCH,
      REFUSED.ESRCH,
      REFUSED.ESRCH,
      REFUSED.ENOENT,
      REFUSED.ENOENT,
      REFUSED.ENOENT,
    ]);
  });

  it('takes ENOENT for all of a batch as the answer, not as a lost family', async () => {
    expect(await space.apply(virtualServer(WEB, { scheduler: 'nonsense' }))).toEqual([REFUSED.ENOENT]);
    expect(await space.apply(virtualServer(WEB))).toEqual([0]);
  });

  it('goes on after an error in the middle', async () => {
    const operations: KernelOperation[] = [
      virtualServer(WEB),
      realServer(OTHER),
      realServer(WEB),
      virtualServer(WEB),
      virtualServer(OTHER),
    ];
    expect(await space.apply(...operations)).toEqual([0, REFUSED.ESRCH, 0, REFUSED.EEXIST, 0]);
    expect(await dump()).toHaveLength(2);
  });

  it('says which values it does not take', async () => {
    const multicast = address('224.0.0.1');
    await space.apply(virtualServer(WEB));
    expect(
      await space.apply(
        realServer(WEB, POD_1, { weight: -1 }),
        realServer(WEB, multicast),
        realServer(WEB, POD_2),
      ),
    ).toEqual([REFUSED.ERANGE, REFUSED.EINVAL, 0]);
  });

  it('answers where there never was a virtual server', async () => {
    expect(await dump()).toEqual([]);
    expect(await space.look(WEB)).toEqual([{ kind: 'absent' }]);
  });

  it('loses none of 2,000 errors', async () => {
    const codes = await space.apply(...many(2000).map((key) => realServer(key)));
    expect(codes).toHaveLength(2000);
    expect(new Set(codes)).toEqual(new Set([REFUSED.ESRCH]));
  });

  it('changes scheduler and weight in place', async () => {
    await space.apply(virtualServer(WEB), realServer(WEB));
    const changes = await space.apply(
      virtualServer(WEB, { kind: 'set-virtual-server', scheduler: 'wrr' }),
      realServer(WEB, POD_1, { kind: 'set-real-server', weight: 7 }),
    );
    expect(changes).toEqual([0, 0]);
    expect(await space.look(WEB)).toMatchObject([
      { server: { scheduler: 'wrr' }, realServers: [{ weight: 7 }] },
    ]);
  });

  it('hides the HASHED flag, shows persistence', async () => {
    await space.apply(virtualServer(WEB), virtualServer(OTHER, { flags: 1, timeout: 600 }));
    const [web, other] = (await dump()).sort((a, b) => a.flags - b.flags);
    expect(web).toMatchObject({ key: WEB, flags: 0 });
    expect(other).toMatchObject({ key: OTHER, flags: 1, timeout: 600 });
  });

  it('sees no difference after setting what it read', async () => {
    await space.apply(virtualServer(WEB, { flags: 1, timeout: 600 }));
    const before = await dump();
    await space.apply(virtualServer(WEB, { kind: 'set-virtual-server', flags: 1, timeout: 600 }));
    expect(await dump()).toEqual(before);
    await space.apply(virtualServer(WEB, { kind: 'set-virtual-server' }));
    expect(await dump()).toMatchObject([{ flags: 0 }]);
  });

  it('knows absent from empty', async () => {
    await space.apply(virtualServer(WEB));
    expect(await space.look(OTHER, WEB)).toMatchObject([
      { kind: 'absent' },
      { kind: 'present', realServers: [] },
    ]);
  });

  it('looks up hundreds of keys, each with its own servers', async () => {
    const keys = many(300);
    const odd = keys.filter((_, index) => index % 2 === 1);
    await space.apply(
      ...odd.flatMap((key, index) => [virtualServer(key), realServer(key, POD_1, { weight: index })]),
    );
    const answers = await space.look(...keys);
    expect(answers.filter((answer) => answer.kind === 'absent')).toHaveLength(150);
    expect(
      answers.flatMap((answer) => (answer.kind === 'present' ? answer.realServers.map((s) => s.weight) : [])),
    ).toEqual(odd.map((_, index) => index));
  });

  it('does IPv6, whose netmask is a prefix length', async () => {
    expect(
      await space.apply(virtualServer(WEB_6, { flags: 1, timeout: 60 }), realServer(WEB_6, POD_1_6)),
    ).toEqual([0, 0]);
    expect(await space.look(WEB_6)).toMatchObject([
      { server: { key: WEB_6, prefixLength: 128 }, realServers: [{ address: POD_1_6 }] },
    ]);
  });

  it('does virtual servers of a firewall mark, in both families', async () => {
    const mark: MarkKey = { family: 'IPv4', mark: 0x1234 };
    const mark6: MarkKey = { family: 'IPv6', mark: 0x1234 };
    const codes = await space.apply(
      virtualServer(mark),
      virtualServer(mark6),
      realServer(mark),
      realServer(mark6, POD_1_6),
    );
    expect(codes).toEqual([0, 0, 0, 0]);
    expect(await space.look(mark, mark6)).toMatchObject([
      { server: { key: mark }, realServers: [{ address: POD_1, port: 8080 }] },
      { server: { key: mark6 }, realServers: [{ address: POD_1_6 }] },
    ]);
    expect((await dump()).map(({ key }) => key)).toEqual(expect.arrayContaining([mark, mark6]));
  });

  it('refuses a real server where no device was ever up', async () => {
    using dark = new FreshNamespace({ loopback: false });
    expect(await dark.apply(virtualServer(WEB), realServer(WEB))).toEqual([0, REFUSED.EINVAL]);
    dark.run('ip', 'link', 'set', 'lo', 'up');
    expect(await dark.apply(realServer(WEB))).toEqual([0]);
  });

  it('counts real traffic', async () => {
    const dns: AddressKey = { address: VIP_A, port: 53, protocol: 'UDP' };
    await space.handle.ensureDevice();
    await space.apply(
      { kind: 'bind-address', address: VIP_A },
      virtualServer(dns),
      realServer(dns, LOCALHOST, { port: 5353 }),
    );
    space.sendDatagrams(VIP_A, 53, 3);
    await expect
      .poll(async () => (await dump())[0]?.counters, { timeout: 30_000, interval: 500 })
      .toMatchObject({ connections: 3, inPackets: 3, inBytes: 3 * (20 + 8 + 6) });
    expect(await space.look(dns)).toMatchObject([{ realServers: [{ inactive: 3 }] }]);
  });

  it('reads and sets timeouts, and leaves alone what is 0', async () => {
    const before = await space.handle.ipvsTimeouts();
    await space.handle.setIpvsTimeouts({ tcp: 1000, tcpFin: 0, udp: 0 });
    expect(await space.handle.ipvsTimeouts()).toEqual({ ...before, tcp: 1000 });
    expect((await space.handle.ipvsInfo()).version).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it('dumps while another handle changes things', async () => {
    const keys = many(1000);
    await space.apply(...keys.map((key) => virtualServer(key)));
    const writer = space.open();
    const deletions = keys.slice(500).map((key) => ({ kind: 'delete-virtual-server', key }) as const);
    const { buffer, count } = encodeOperations(deletions);
    const [{ codes }, answer] = await Promise.all([
      writer.apply(buffer, count),
      space.handle.dumpVirtualServers(),
    ]);
    writer.close();
    expect(new Set(codes)).toEqual(new Set([0]));
    expect(decodeVirtualServers(answer).length).toBeLessThanOrEqual(1000);
    expect(await dump()).toHaveLength(500);
  });
});
