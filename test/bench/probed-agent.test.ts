import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ProbedAgent } from '../../bench/scale/probed-agent.js';

/** Stands in for the probe, which is loaded before the program and tells what the kernel has acknowledged. */
const NO_PROBE = 'data:text/javascript,';

describe('the program in the benchmark of large clusters', () => {
  let folder = '';
  let agent: ProbedAgent | undefined;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'bench-'));
  });
  afterEach(async () => {
    await agent?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  function start(program: string): ProbedAgent {
    const path = join(folder, 'program.mjs');
    writeFileSync(path, program);
    agent = new ProbedAgent([process.execPath, path], {}, NO_PROBE);
    return agent;
  }

  it('is told by when each VIP was opened, at the first time of several', async () => {
    const opened = (at: number) =>
      `process.send({ kind: 'acknowledged', at: ${at}, records: 2, opened: ['10.96.0.1'], served: ['10.128.0.1'] });`;
    const running = start(`${opened(5)} ${opened(9)}`);
    await running.until('both were told', () => running.records === 4, 30);
    expect(running.opened).toEqual(new Map([['10.96.0.1', 5]]));
    expect(running.served).toEqual(new Map([['10.128.0.1', 5]]));
  });

  it('ends what waits for it with a sentence where it dies, and with its own last words', async () => {
    const running = start("console.error('out of memory'); setTimeout(() => process.exit(9), 100);");
    await expect(running.until('all VIPs were opened', () => false, 30)).rejects.toThrow(
      'the agent ended with exit code 9 before all VIPs were opened. It said last:\nout of memory',
    );
    expect(() => running.mustRun('pods rolled')).toThrow(
      'the agent ended with exit code 9 before pods rolled',
    );
  });

  it('ends what waits for it where it is killed, where it takes too long and where the API server ends', async () => {
    const killed = start("process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 1000);");
    await expect(killed.spent()).rejects.toThrow('the agent ended with SIGKILL before it told what it costs');
    const slow = start('setInterval(() => {}, 1000);');
    await expect(slow.until('it was done', () => false, 0.1)).rejects.toThrow(
      'after 0.1 s still not: it was done',
    );
    slow.giveUp('the API server ended');
    await expect(slow.until('it was done', () => false, 30)).rejects.toThrow(
      'the API server ended before it was done',
    );
    await slow.stop();
  });
});
