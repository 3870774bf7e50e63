import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeOperations } from '../../src/kernel/native/operation-encoder.js';
import type { KernelOperation, ServerKey } from '../../src/kernel/native/records.js';
import { FreshNamespace, IN_TEST_KERNEL, REFUSED } from '../native/fresh-namespace.js';
import { VIP_A } from '../support/addresses.js';
import { skipWithWords } from './support/kernel-meta.js';

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

  it('performs its calls one after another, in their order', async () => {
    const { handle } = space;
    const writes = Array.from({ length: 50 }, () => [ADDITION, DELETION]).flat();
    const answers = writes.map((operation) => {
      const { buffer, count } = encodeOperations([operation]);
      return handle.apply(buffer, count);
    });
    const order: string[] = [];
    const look = handle.dumpVirtualServers().then(() => order.push('look'));
    const info = handle.ipvsInfo().then(() => order.push('info'));
    expect((await Promise.all(answers)).map(({ codes }) => codes[0])).toEqual(writes.map(() => 0));
    await Promise.all([look, info]);
    expect(order).toEqual(['look', 'info']);
  });

  // Opening a FIFO that nobody writes to holds a thread of libuv's pool until somebody does.
  it('needs no thread of libuv, which files, DNS and zlib wait for', () => {
    const script = `
      const { execFileSync } = require('node:child_process');
      const { open } = require('node:fs');
      execFileSync('mkfifo', [process.argv[1]]);
      let opened = 0;
      for (let thread = 0; thread < 4; thread++) open(process.argv[1], 'r', () => opened++);
      const handle = new (require(${JSON.stringify(ADDON)}).KernelHandle)({ device: 'd', table: 't', sets: [] });
      handle.deviceIndex().then((index) => {
        console.log(JSON.stringify({ index, opened }));
        execFileSync('sh', ['-c', ': > "$0"', process.argv[1]]);
      });
    `;
    const fifo = join(mkdtempSync(join(tmpdir(), 'handle-')), 'fifo');
    const environment = { ...process.env, UV_THREADPOOL_SIZE: '4' };
    const output = execFileSync(process.execPath, ['-e', script, fifo], { env: environment });
    expect(JSON.parse(output.toString())).toEqual({ index: 0, opened: 0 });
  });

  it('tells the words of the kernel with the record that it refused', async () => {
    await space.handle.ensureDevice();
    const bind = { kind: 'bind-address', address: VIP_A } as const;
    const { buffer, count } = encodeOperations([ADDITION, bind, bind]);
    const { codes, messages } = await space.handle.apply(buffer, count);
    expect([...codes]).toEqual([0, 0, REFUSED.EEXIST]);
    for (const message of messages)
      expect(message).toEqual({ record: 2, text: expect.stringMatching(/address/i) });
  });

  it('may be closed twice and during a job, and then says so', async () => {
    const job = space.handle.dumpVirtualServers();
    space.handle.close();
    space.handle.close();
    expect((await job).byteLength).toBe(16);
    const closed = expect.objectContaining({ code: 'ERR_HANDLE_CLOSED' });
    expect(() => space.handle.dumpVirtualServers()).toThrow(closed);
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
      (async () => {
        for (const name of ['dumpVirtualServers', 'ensureDevice', 'ipvsInfo'])
          await handle[name]().catch((error) => seen.push([error.syscall, error.errno]));
        const record = new Uint8Array(80);
        for (const start of [[1, 2, 6, 0, 80], [9, 2, 6, 4]]) {
          record.set(start, 0);
          seen.push(['apply', (await handle.apply(record, 1)).codes[0]]);
        }
        console.log(JSON.stringify(seen));
      })();
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

  it('names the namespace that is not there', async () => {
    const lost = new FreshNamespace();
    lost[Symbol.dispose]();
    const gone = lost.open();
    await expect(gone.ipvsInfo()).rejects.toThrow(
      expect.objectContaining({ code: 'ENOENT', syscall: 'netns.enter' }),
    );
  });

  it('lives and dies in a worker thread, watch and all', async () => {
    await space.handle.ensureDevice();
    await space.apply({ kind: 'bind-address', address: VIP_A });
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

  it('ends with a worker thread that is ended while its jobs are under way', async () => {
    const script = `
      const { parentPort, workerData } = require('node:worker_threads');
      const handles = Array.from({ length: 4 }, () => new (require(workerData.addon).KernelHandle)(workerData.options));
      for (let job = 0; job < 200; job++)
        for (const handle of handles)
          (job % 2 ? handle.dumpVirtualServers() : handle.apply(new Uint8Array(80), 1)).catch(() => {});
      parentPort.postMessage('under way');
      parentPort.on('message', () => {});
    `;
    const options = { device: 'kube-ipvs0', table: 't', sets: [], networkNamespace: space.path };
    for (let turn = 0; turn < 10; turn++) {
      const worker = new Worker(script, { eval: true, workerData: { addon: ADDON, options } });
      await new Promise((resolve) => worker.once('message', resolve));
      expect(await worker.terminate()).toBe(1);
    }
    expect((await space.handle.ipvsInfo()).version).toBe('1.2.1');
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
  /** The kernel asks for a family of generic netlink by this name; ip_vs has had it since some version after 5.10. */
  const FAMILY_ALIAS = 'net-pf-16-proto-16-family-IPVS';

  it('is loaded when a handle asks for it that knew the old one', async ({ task, skip }) => {
    const { status, stderr } = spawnSync('modprobe', ['--dry-run', FAMILY_ALIAS], { encoding: 'utf8' });
    if (status !== 0) skipWithWords(task, skip, stderr.trim());
    await useThroughReloads(() => {});
  });

  it('is found again by a handle that knew the old one', async () => {
    await useThroughReloads(() => void spawnSync('modprobe', ['ip_vs']));
  });

  async function useThroughReloads(load: () => void): Promise<void> {
    const unload = () =>
      spawnSync('sh', ['-c', 'rmmod $(lsmod | cut -d" " -f1 | grep "^ip_vs_"); rmmod ip_vs']).status;
    using space = new FreshNamespace();
    const key = { address: VIP_A, port: 80, protocol: 'TCP' } as const;
    const add = { kind: 'add-virtual-server', key, scheduler: 'rr', flags: 0, timeout: 0 } as const;
    expect(await space.apply(add, { kind: 'delete-virtual-server', key })).toEqual([0, 0]);
    expect(unload()).toBe(0);
    load();
    expect(await space.apply(add, { kind: 'delete-virtual-server', key })).toEqual([0, 0]);
    expect(unload()).toBe(0);
    load();
    expect((await space.handle.ipvsInfo()).version).toBe('1.2.1');
  }
});
