import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROJECT_FOLDER } from '../../lab/project-folder.js';

const HAS_COMPILER = spawnSync('gcc', ['--version']).status === 0;
const PORT = 39_417;
const CLOSED_PORT = 39_418;
const REFUSED = 111;

/** Arrangements whose answer is known. */
describe.skipIf(!HAS_COMPILER)('the programs that measure', () => {
  let folder = '';
  let server: ChildProcess;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'bench-tools-'));
    for (const tool of ['timed', 'connect', 'answer'])
      execFileSync('gcc', [
        '-O2',
        '-o',
        join(folder, tool),
        join(PROJECT_FOLDER, 'bench/compare/tools', `${tool}.c`),
      ]);
    server = spawn(join(folder, 'answer'), [String(PORT)], { stdio: ['ignore', 'pipe', 'inherit'] });
    if (server.stdout !== null) await once(server.stdout, 'data');
  }, 60_000);

  afterAll(() => {
    server.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  function timed(...words: string[]): { elapsed: number; processor: number; peakMemory: number } {
    return JSON.parse(execFileSync(join(folder, 'timed'), words, { encoding: 'utf8' }));
  }

  it('tell a delay from work: a command that sleeps takes its time, and next to nothing of a processor', () => {
    const { elapsed, processor } = timed('/dev/null', 'sleep', '0.3');
    expect(elapsed).toBeGreaterThanOrEqual(300);
    expect(processor).toBeLessThan(200);
  });

  it('tell work: what a command itself says that it took of a processor', () => {
    const output = join(folder, 'took');
    const work = `
      while (process.cpuUsage().user < 300000) for (let i = 0; i < 1e5; i++);
      const { user, system } = process.cpuUsage();
      require('node:fs').writeFileSync(process.argv[1], String((user + system) / 1000))`;
    const { processor } = timed('/dev/null', process.execPath, '-e', work, output);
    const told = Number(execFileSync('cat', [output], { encoding: 'utf8' }));
    expect(processor).toBeGreaterThanOrEqual(told);
    expect(processor).toBeLessThan(told + 100);
  });

  it('hand the input over, and end as the command ends', () => {
    const input = join(folder, 'input');
    writeFileSync(input, 'exit 7\n');
    expect(spawnSync(join(folder, 'timed'), [input, 'sh']).status).toBe(7);
  });

  it('tell of each connection how long its first answer took and whom it reached, and which was refused', () => {
    const targets = [
      `127.0.0.9 ${PORT}`,
      `127.0.0.2 ${PORT}`,
      `127.0.0.3 ${CLOSED_PORT}`,
      `127.0.0.3 ${PORT}`,
    ];
    const output = execFileSync(join(folder, 'connect'), ['1'], {
      input: targets.join('\n'),
      encoding: 'utf8',
    });
    const lines = output.trim().split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^\d+ 127\.0\.0\.2$/);
    expect(lines[1]).toBe(`failed ${REFUSED}`);
    expect(lines[2]).toMatch(/^\d+ 127\.0\.0\.3$/);
  });
});
