import { type ChildProcess, fork } from 'node:child_process';
import { on } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Acknowledged, ProbeMessage, Spent } from '../../bench/scale/probe.js';
import { PROJECT_FOLDER } from '../../lab/project-folder.js';
import { OperationEncoder } from '../../src/kernel/native/operation-encoder.js';
import type { Address } from '../../src/model/address.js';

const OPEN_SET = 7;
/** Loads nothing: the program brings what stands in for the addon. */
const NO_ADDON = 'data:text/javascript,process.dlopen = () => {};';
const VIP = { address: '10.96.0.1' as Address, port: 80, protocol: 'TCP' } as const;

/** As the agent writes them, and one set that is another. */
function opening(): Uint8Array {
  const encoder = new OperationEncoder(3);
  const pod = '10.128.0.1' as Address;
  encoder.push({ kind: 'add-real-server', key: VIP, address: pod, port: 8080, weight: 1 });
  encoder.pushKey('add-element', OPEN_SET, 3, '10.96.0.1:80/TCP');
  encoder.pushKey('add-element', OPEN_SET, 3, '10.96.0.2:53/UDP');
  encoder.pushKey('add-element', OPEN_SET + 1, 3, '10.96.0.9:80/TCP');
  return encoder.finish().buffer;
}

/** Programs whose cost is known, with the probe of the benchmark of large clusters in them. */
describe('the probe in the program', () => {
  let folder = '';
  let child: ChildProcess | undefined;
  /** Since its start: several can come at once. */
  let messages: AsyncIterableIterator<[unknown]>;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'bench-probe-'));
    await build({
      entryPoints: [join(PROJECT_FOLDER, 'bench/scale/probe.ts')],
      outfile: join(folder, 'probe.mjs'),
      bundle: true,
      platform: 'node',
      format: 'esm',
    });
  });
  afterEach(() => child?.kill('SIGKILL'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function start(program: string): ChildProcess {
    const path = join(folder, 'program.mjs');
    writeFileSync(path, program);
    child = fork(path, {
      execArgv: ['--import', NO_ADDON, '--import', join(folder, 'probe.mjs')],
      env: { ...process.env, BENCH_OPEN_SET: String(OPEN_SET) },
    });
    messages = on(child, 'message') as typeof messages;
    return child;
  }

  async function next<T extends ProbeMessage>(kind: T['kind']): Promise<T> {
    return (await said((message) => (message as ProbeMessage).kind === kind)) as T;
  }

  async function said(isWanted: (message: unknown) => boolean): Promise<unknown> {
    for (;;) {
      const { value } = await messages.next();
      if (isWanted(value[0])) return value[0];
    }
  }

  it('tells how long a program stood still, and what it took of a processor, since the last question', async () => {
    const running = start(`
      const work = (milliseconds) => {
        const end = performance.now() + milliseconds;
        while (performance.now() < end);
      };
      setTimeout(() => { work(300); process.send('worked'); }, 200);
      setInterval(() => {}, 1000);`);
    await said((message) => message === 'worked');
    running.send({});
    const first = await next<Spent & { kind: 'spent' }>('spent');
    expect(first.stall).toBeGreaterThanOrEqual(290);
    expect(first.memory.peak).toBeGreaterThan(20);
    running.send({});
    const second = await next<Spent & { kind: 'spent' }>('spent');
    expect(second.stall).toBeLessThan(first.stall);
    expect(second.processor).toBeLessThan(first.processor);
  });

  it('counts work that has just ended as a stall, although the question is read before', async () => {
    const running = start(`
      const work = (milliseconds) => {
        const end = performance.now() + milliseconds;
        while (performance.now() < end);
      };
      setTimeout(() => { process.send('works'); work(600); }, 200);
      setInterval(() => {}, 1000);`);
    await said((message) => message === 'works');
    running.send({});
    const { stall } = await next<Spent & { kind: 'spent' }>('spent');
    expect(stall).toBeGreaterThanOrEqual(590);
  });

  it('tells which VIPs were opened and which pods are served once the kernel has answered', async () => {
    const records = join(folder, 'records.json');
    writeFileSync(records, JSON.stringify([...opening()]));
    // Stands in for the addon, whose properties are read-only.
    start(`
      import { readFileSync } from 'node:fs';
      const exports = Object.defineProperty({}, 'KernelHandle', {
        value: class { async apply(buffer, count) { return { codes: new Int32Array(count) }; } },
      });
      const module = { exports };
      process.dlopen(module, 'addon.node');
      const handle = new module.exports.KernelHandle({});
      const bytes = Uint8Array.from(JSON.parse(readFileSync(${JSON.stringify(records)}, 'utf8')));
      await handle.apply(bytes, 3);`);
    expect(await next<Acknowledged>('acknowledged')).toMatchObject({
      records: 3,
      opened: ['10.96.0.1', '10.96.0.2'],
      served: ['10.128.0.1'],
    });
  });
});
