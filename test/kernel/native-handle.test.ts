import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeOperations } from '../../src/kernel/native/operation-encoder.js';
import type { KernelOperation, ServerKey } from '../../src/kernel/native/records.js';
import { FreshNamespace, IN_TEST_KERNEL } from '../native/fresh-namespace.js';
import { VIP_A } from '../support/addresses.js';

const ADDON = fileURLToPath(new URL('../../build/Release/ipvs_native.node', import.meta.url));

const KEY: ServerKey = { address: VIP_A, port: 80, protocol: 'TCP' };
const ADDITION: KernelOperation = {
  kind: 'add-virtual-server',
  key: KEY,
  scheduler: 'rr',
  flags: 0,
  timeout: 0,
};
const DELETION: KernelOperation = { kind: 'delete-virtual-server', key: KEY };

describe.skipIf(!IN_TEST_KERNEL)('a kernel handle', () => {
  let space: FreshNamespace;

  beforeEach(() => {
    space = new FreshNamespace();
  });
  afterEach(() => {
    space[Symbol.dispose]();
  });

  it('does one job at a time', async () => {
    const job = space.handle.dumpVirtualServers();
    const busy = expect.objectContaining({ code: 'ERR_HANDLE_BUSY' });
    expect(() => space.handle.dumpVirtualServers()).toThrow(busy);
    expect(() => space.handle.ipvsInfo()).toThrow(busy);
    await job;
    expect(space.handle.ipvsInfo().version).toBe('1.2.1');
  });

  it('lets writes queue up, in their order, and nothing else meanwhile', async () => {
    const { handle } = space;
    const codes: Promise<Int32Array>[] = [];
    for (let turn = 0; turn < 50; turn++)
      for (const operation of [ADDITION, DELETION]) {
        const { buffer, count } = encodeOperations([operation]);
        codes.push(handle.apply(buffer, count));
      }
    const busy = expect.objectContaining({ code: 'ERR_HANDLE_BUSY' });
    expect(() => handle.ipvsInfo()).toThrow(busy);
    expect(() => handle.dumpVirtualServers()).toThrow(busy);
    expect((await Promise.all(codes)).map(([code]) => code)).toEqual(codes.map(() => 0));
    const look = handle.dumpVirtualServers();
    const { buffer, count } = encodeOperations([ADDITION]);
    expect(() => handle.apply(buffer, count)).toThrow(busy);
    await look;
  });

  it('may be closed twice and during a job, and then says so', async () => {
    const job = space.handle.dumpVirtualServers();
    space.handle.close();
    space.handle.close();
    expect((await job).byteLength).toBe(16);
    const closed = expect.objectContaining({ code: 'ERR_HANDLE_CLOSED' });
    expect(() => space.handle.dumpVirtualServersSync()).toThrow(closed);
    expect(() => space.handle.watch(() => undefined)).toThrow(closed);
  });

  it('names the reason where it may not', () => {
    const script = `
      const addon = require(${JSON.stringify(ADDON)});
      addon.setErrorClass(class extends Error {
        constructor(errno, syscall, text) { super(text); Object.assign(this, { errno, syscall }); }
      });
      const handle = new addon.KernelHandle({ device: 'kube-ipvs0', table: 't', sets: ['s'] });
      const seen = [];
      for (const name of ['dumpVirtualServersSync', 'ensureDevice', 'ipvsInfo'])
        try { handle[name](); } catch (error) { seen.push([error.syscall, error.errno]); }
      const record = new Uint8Array(80);
      record.set([1, 2, 6, 0, 80], 0);
      seen.push(['apply', handle.applySync(record, 1)[0]]);
      record.set([9, 2, 6, 4], 0);
      seen.push(['apply', handle.applySync(record, 1)[0]]);
      console.log(JSON.stringify(seen));
    `;
    const output = execFileSync('setpriv', ['--bounding-set=-net_admin', process.execPath, '-e', script]);
    expect(JSON.parse(output.toString())).toEqual([
      ['ipvs.dump', -1],
      ['route.ensureDevice', -1],
      ['ipvs.info', -1],
      ['apply', -1],
      ['apply', -1],
    ]);
  });

  it('names the namespace that is not there', () => {
    const lost = new FreshNamespace();
    lost[Symbol.dispose]();
    const gone = lost.open();
    expect(() => gone.ipvsInfo()).toThrow(
      expect.objectContaining({ code: 'ENOENT', syscall: 'netns.enter' }),
    );
  });

  it('lives and dies in a worker thread, watch and all', async () => {
    space.handle.ensureDevice();
    space.apply({ kind: 'bind-address', address: VIP_A });
    const script = `
      const { parentPort, workerData } = require('node:worker_threads');
      const handle = new (require(workerData.addon).KernelHandle)(workerData.options);
      handle.watch(() => parentPort.postMessage('changed'));
      parentPort.on('message', () => {});
      handle.dumpVirtualServers().then(() => parentPort.postMessage('watching'));
    `;
    const options = { device: 'kube-ipvs0', table: 't', sets: [], networkNamespace: space.path };
    const worker = new Worker(script, { eval: true, workerData: { addon: ADDON, options } });
    const messages: unknown[] = [];
    worker.on('message', (message) => messages.push(message));
    await expect.poll(() => messages, { timeout: 20_000 }).toEqual(['watching']);
    space.run('ip', 'address', 'del', `${VIP_A}/32`, 'dev', 'kube-ipvs0');
    await expect.poll(() => messages, { timeout: 20_000 }).toEqual(['watching', 'changed']);
    expect(await worker.terminate()).toBe(1);
  });

  it('does not keep the process alive with a watch', () => {
    const script = `
      const handle = new (require(${JSON.stringify(ADDON)}).KernelHandle)({ device: 'd', table: 't', sets: [] });
      handle.watch(() => {});
      globalThis.handle = handle;
    `;
    const { status, signal } = spawnSync(process.execPath, ['-e', script], { timeout: 60_000 });
    expect({ status, signal }).toEqual({ status: 0, signal: null });
  });
});

// Unloading needs every namespace without virtual servers, so this is for machines that are ours alone.
describe.skipIf(process.env.TEST_KERNEL !== 'vm')('a reloaded ip_vs module', () => {
  it('is found again by a handle that knew the old one', () => {
    const unload = () =>
      spawnSync('sh', ['-c', 'rmmod $(lsmod | cut -d" " -f1 | grep "^ip_vs_"); rmmod ip_vs']).status;
    using space = new FreshNamespace();
    const key = { address: VIP_A, port: 80, protocol: 'TCP' } as const;
    const add = { kind: 'add-virtual-server', key, scheduler: 'rr', flags: 0, timeout: 0 } as const;
    expect(space.apply(add, { kind: 'delete-virtual-server', key })).toEqual([0, 0]);
    expect(unload()).toBe(0);
    expect(space.apply(add, { kind: 'delete-virtual-server', key })).toEqual([0, 0]);
    expect(unload()).toBe(0);
    expect(space.handle.ipvsInfo().version).toBe('1.2.1');
  });
});
