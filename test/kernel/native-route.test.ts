import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeAddresses, decodeChanges } from '../../src/kernel/native/answer-decoder.js';
import { NetlinkError } from '../../src/kernel/native/netlink-error.js';
import type { ChangeRecord } from '../../src/kernel/native/records.js';
import { DEVICE, FreshNamespace, IN_TEST_KERNEL, REFUSED } from '../native/fresh-namespace.js';
import { address, VIP_A, VIP_A6, VIP_B } from '../support/addresses.js';

const ADDON = fileURLToPath(new URL('../../build/Release/ipvs_native.node', import.meta.url));

describe.skipIf(!IN_TEST_KERNEL)('the dummy device through the addon', () => {
  let space: FreshNamespace;

  beforeEach(() => {
    space = new FreshNamespace();
  });
  afterEach(() => {
    space[Symbol.dispose]();
  });

  async function addresses() {
    return decodeAddresses(await space.handle.dumpAddresses());
  }

  it('makes the device once, without ARP and down, and deletes it', async () => {
    expect(await space.handle.deviceIndex()).toBe(0);
    const { index, created } = await space.handle.ensureDevice();
    expect(created).toBe(true);
    expect(await space.handle.ensureDevice()).toEqual({ index, created: false });
    expect(await space.handle.deviceIndex()).toBe(index);
    const link = space.run('ip', '-d', 'link', 'show', DEVICE);
    expect(link).toContain('NOARP');
    expect(link).toContain('dummy');
    expect(link).toContain('state DOWN');
    expect([await space.handle.deleteDevice(), await space.handle.deleteDevice()]).toEqual([true, false]);
  });

  it('leaves a device of that name alone that is no dummy', async () => {
    space.run('ip', 'link', 'add', DEVICE, 'type', 'bridge');
    for (const call of [() => space.handle.ensureDevice(), () => space.handle.deleteDevice()]) {
      await expect(call()).rejects.toThrow(NetlinkError);
      await expect(call()).rejects.toThrow(/EEXIST, device kube-ipvs0 is a bridge, not a dummy device/);
    }
  });

  it('binds no address without the device, and shows none', async () => {
    const vips = [VIP_A, VIP_A6];
    for (const kind of ['bind-address', 'unbind-address'] as const)
      expect(await space.apply(...vips.map((vip) => ({ kind, address: vip })))).toEqual([
        REFUSED.ENODEV,
        REFUSED.ENODEV,
      ]);
    expect(await addresses()).toEqual([]);
  });

  it("reads the node's addresses and gateways, and none of the device, a loopback or a link that is down", async () => {
    using node = new FreshNamespace();
    await node.handle.ensureDevice();
    for (const link of ['eth0', 'eth1', 'off']) node.run('ip', 'link', 'add', link, 'type', 'dummy');
    for (const link of ['eth0', 'eth1', DEVICE]) node.run('ip', 'link', 'set', link, 'up');
    for (const [link, text] of [
      ['eth0', '192.0.2.7/24'],
      ['eth1', '198.51.100.7/24'],
      ['eth1', '2001:db8::7/64'],
      ['off', '203.0.113.7/24'],
      ['lo', '203.0.113.8/32'],
      [DEVICE, '10.96.0.10/32'],
    ] as const)
      node.run('ip', 'address', 'add', text, 'dev', link, ...(text.includes(':') ? ['nodad'] : []));
    node.run('ip', 'route', 'add', 'default', 'via', '192.0.2.1', 'metric', '10');
    node.run('ip', 'route', 'add', 'default', 'via', '198.51.100.1', 'metric', '20');
    node.run('ip', 'route', 'add', '10.0.0.0/8', 'via', '192.0.2.99');
    node.run(
      ...['ip', '-6', 'route', 'add', 'default', 'nexthop', 'via', '2001:db8::1'],
      ...['nexthop', 'via', '2001:db8::2'],
    );
    const records = decodeAddresses(await node.handle.dumpNodeAddresses());
    const isLinkLocal = (text: string) => text.startsWith('fe80:');
    const of = (isRoute: boolean) =>
      records.filter((record) => record.isRoute === isRoute && !isLinkLocal(record.address));
    expect(of(false).map((record) => `${record.address}/${record.prefixLength}`)).toEqual([
      '192.0.2.7/24',
      '198.51.100.7/24',
      '2001:db8::7/64',
    ]);
    expect(of(true).map((record) => record.address)).toEqual([
      '192.0.2.1',
      '198.51.100.1',
      '2001:db8::1',
      '2001:db8::2',
    ]);
  });

  it('reads no addresses of the node in a namespace that never had one', async () => {
    using bare = new FreshNamespace({ loopback: false });
    expect(decodeAddresses(await bare.handle.dumpNodeAddresses())).toEqual([]);
  });

  it('shows no address and no route in a namespace that never had an address', async () => {
    using bare = new FreshNamespace({ loopback: false });
    expect(decodeAddresses(await bare.handle.dumpAddresses())).toEqual([]);
  });

  it('makes and removes local routes, and says what was so already', async () => {
    const bind = [VIP_A, VIP_A6].map((vip) => ({ kind: 'bind-route', address: vip }) as const);
    const unbind = [VIP_A, VIP_A6].map((vip) => ({ kind: 'unbind-route', address: vip }) as const);
    expect(await space.apply(...bind, ...bind)).toEqual([0, 0, REFUSED.EEXIST, REFUSED.EEXIST]);
    expect(await addresses()).toEqual([
      { address: VIP_A, prefixLength: 32, isRoute: true },
      { address: VIP_A6, prefixLength: 128, isRoute: true },
    ]);
    expect(space.run('ip', 'route', 'show', 'table', 'local')).toContain(
      `local ${VIP_A} dev lo proto 105 scope host metric 1024`,
    );
    expect(space.run('ip', '-6', 'route', 'show', 'table', 'local')).toContain(
      `local ${VIP_A6} dev lo proto 105 metric 1024`,
    );
    expect(await space.apply(...unbind, ...unbind)).toEqual([0, 0, REFUSED.ESRCH, REFUSED.ESRCH]);
    expect(await addresses()).toEqual([]);
  });

  it('shows of all routes its own only, beside the addresses', async () => {
    await space.handle.ensureDevice();
    space.run('ip', 'route', 'add', 'local', VIP_B, 'dev', 'lo', 'table', 'local', 'proto', 'static');
    space.run('ip', 'route', 'add', '192.0.2.0/24', 'dev', 'lo', 'proto', '105');
    await space.apply({ kind: 'bind-route', address: VIP_A }, { kind: 'bind-address', address: VIP_A });
    expect(await addresses()).toEqual([
      { address: VIP_A, prefixLength: 32, isRoute: false },
      { address: VIP_A, prefixLength: 32, isRoute: true },
    ]);
  });

  it('keeps the routes where addresses come and go, and where the device goes up, down and away', async () => {
    await space.handle.ensureDevice();
    await space.apply(...[VIP_A, VIP_A6].map((vip) => ({ kind: 'bind-route', address: vip }) as const));
    const before = await addresses();
    for (const action of ['add', 'del'])
      for (const vip of [`${VIP_A}/32`, `${VIP_A6}/128`])
        space.run('ip', 'address', action, vip, 'dev', DEVICE);
    for (const state of ['up', 'down']) space.run('ip', 'link', 'set', DEVICE, state);
    space.run('ip', 'link', 'del', DEVICE);
    expect(await addresses()).toEqual(before);
  });

  it('tells of routes of its own that others take away, and of no other routes', async () => {
    const vips = [VIP_A, VIP_A6];
    const changes: ChangeRecord[] = [];
    space.handle.watch((answer) => changes.push(...decodeChanges(answer)));
    space.run('ip', 'route', 'add', 'local', VIP_B, 'dev', 'lo', 'table', 'local', 'proto', 'static');
    space.run('ip', 'route', 'del', 'local', VIP_B, 'dev', 'lo', 'table', 'local', 'proto', 'static');
    await space.apply(...vips.map((vip) => ({ kind: 'bind-route', address: vip }) as const));
    for (const vip of vips)
      space.run('ip', 'route', 'del', 'local', vip, 'dev', 'lo', 'table', 'local', 'proto', '105');
    await expect.poll(() => changes, { timeout: 20_000 }).toHaveLength(2);
    expect(changes).toEqual(vips.map((vip) => ({ kind: 'address-removed', address: vip, isRoute: true })));
    space.handle.unwatch();
  });

  it('binds and unbinds, and says what was so already', async () => {
    await space.handle.ensureDevice();
    const bind = [VIP_A, VIP_A6].map((vip) => ({ kind: 'bind-address', address: vip }) as const);
    const unbind = [VIP_A, VIP_A6].map((vip) => ({ kind: 'unbind-address', address: vip }) as const);
    expect(await space.apply(...bind, ...bind)).toEqual([0, 0, REFUSED.EEXIST, REFUSED.EEXIST]);
    expect(await addresses()).toEqual([
      { address: VIP_A, prefixLength: 32, isRoute: false },
      { address: VIP_A6, prefixLength: 128, isRoute: false },
    ]);
    expect(space.run('ip', '-6', 'address', 'show', 'dev', DEVICE)).not.toContain('tentative');
    const { EADDRNOTAVAIL } = REFUSED;
    expect(await space.apply(...unbind, ...unbind)).toEqual([0, 0, EADDRNOTAVAIL, EADDRNOTAVAIL]);
  });

  it('shows the addresses of our device only', async () => {
    await space.handle.ensureDevice();
    space.run('ip', 'address', 'add', '192.0.2.1/24', 'dev', 'lo');
    await space.apply({ kind: 'bind-address', address: VIP_A });
    expect(await addresses()).toEqual([{ address: VIP_A, prefixLength: 32, isRoute: false }]);
  });

  it('binds and reads back thousands of addresses', async () => {
    await space.handle.ensureDevice();
    const vips = Array.from({ length: 4000 }, (_, i) => address(`10.97.${i >> 8}.${i & 0xff}`));
    const vips6 = Array.from({ length: 1000 }, (_, i) => address(`fd00:97::${(i + 1).toString(16)}`));
    const codes = await space.apply(
      ...[...vips, ...vips6].map((vip) => ({ kind: 'bind-address', address: vip }) as const),
    );
    expect(new Set(codes)).toEqual(new Set([0]));
    expect(new Set((await addresses()).map((record) => record.address))).toEqual(
      new Set([...vips, ...vips6]),
    );
  });

  it('tells of addresses and of a device that others take away', async () => {
    await space.handle.ensureDevice();
    await space.apply(
      ...[VIP_A, VIP_B, VIP_A6].map((vip) => ({ kind: 'bind-address', address: vip }) as const),
    );
    const changes: ChangeRecord[] = [];
    space.handle.watch((answer) => changes.push(...decodeChanges(answer)));
    space.run('ip', 'address', 'del', `${VIP_A}/32`, 'dev', DEVICE);
    space.run('ip', 'address', 'del', `${VIP_A6}/128`, 'dev', DEVICE);
    await expect.poll(() => changes, { timeout: 20_000 }).toHaveLength(2);
    expect(changes).toEqual([
      { kind: 'address-removed', address: VIP_A, isRoute: false },
      { kind: 'address-removed', address: VIP_A6, isRoute: false },
    ]);
    space.run('ip', 'link', 'del', DEVICE);
    await expect.poll(() => changes, { timeout: 20_000 }).toContainEqual({ kind: 'device-removed' });
    space.handle.unwatch();
  });

  // In a process of its own: the number of the closed socket must not come to be another file of ours meanwhile.
  it('goes on, after an overrun, where its socket fails for an unknown reason', async () => {
    const script = `
      const { closeSync, readdirSync, readFileSync, readlinkSync } = require('node:fs');
      const { KernelHandle } = require(${JSON.stringify(ADDON)});
      const handle = new KernelHandle({ device: '${DEVICE}', table: 't', sets: [] });
      handle.watch((answer) => console.log(Buffer.from(answer).toString('hex')));
      const sockets = readFileSync('/proc/self/net/netlink', 'utf8').split('\\n').map((line) => line.trim().split(/ +/));
      const subscribed = sockets.find(([, protocol, , groups]) => protocol === '0' && /[1-9a-f]/.test(groups));
      const link = 'socket:[' + subscribed.at(-1) + ']';
      const target = (fd) => { try { return readlinkSync('/proc/self/fd/' + fd); } catch { return ''; } };
      closeSync(Number(readdirSync('/proc/self/fd').find((fd) => target(fd) === link)));
      console.log('closed');
      process.stdin.resume();
    `;
    const words = [`--net=${space.path}`, '--', process.execPath, '-e', script];
    const child = spawn('nsenter', words, { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines: string[] = [];
    createInterface(child.stdout).on('line', (line) => lines.push(line));
    const changes = () =>
      lines.slice(1).flatMap((line) => decodeChanges(new Uint8Array(Buffer.from(line, 'hex')).buffer));
    await expect.poll(() => lines, { timeout: 20_000 }).toContain('closed');
    space.run('ip', 'link', 'add', 'another', 'type', 'dummy');
    await expect.poll(changes, { timeout: 20_000 }).toContainEqual({ kind: 'overrun' });
    await space.handle.ensureDevice();
    await space.handle.deleteDevice();
    await expect.poll(changes, { timeout: 20_000 }).toContainEqual({ kind: 'device-removed' });
    child.stdin.end();
    await new Promise((resolve) => child.once('close', resolve));
  });

  it('follows a device that is made again', async () => {
    const changes: ChangeRecord[] = [];
    space.handle.watch((answer) => changes.push(...decodeChanges(answer)));
    for (let round = 1; round <= 2; round++) {
      await space.handle.ensureDevice();
      await space.handle.deleteDevice();
      await expect.poll(() => changes, { timeout: 20_000 }).toHaveLength(round);
    }
    expect(changes).toEqual([{ kind: 'device-removed' }, { kind: 'device-removed' }]);
  });
});
