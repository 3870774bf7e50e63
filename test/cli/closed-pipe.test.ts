import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdminServer } from '../../src/status/admin-server.js';

let folder: string;
let admin: AdminServer;

/** Programs that do what main.ts does around its commands, with output for which no pipe has room. */
const PROGRAMS = {
  status: `
    import { runStatus } from './src/cli/status.js';
    await main(() => runStatus({ adminSocket: process.argv[2], output: 'table' }, async () => { throw new Error(); }));`,
  'status -o json': `
    import { runStatus } from './src/cli/status.js';
    await main(() => runStatus({ adminSocket: process.argv[2], output: 'json' }, async () => { throw new Error(); }));`,
  plan: `
    import { runPlan } from './src/cli/node-commands.js';
    const preparation = Array.from({ length: 20_000 }, (_, index) => 'set something, number ' + index);
    await main(() => runPlan(async () => ({ preparation, operations: [], problems: [] })));`,
};

const MAIN = `
  import { ignoreClosedPipe } from './src/cli/exit.js';
  async function main(run) {
    for (const stream of [process.stdout, process.stderr]) ignoreClosedPipe(stream);
    process.exitCode = await run();
  }`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pipe-'));
  admin = new AdminServer(join(folder, 'admin.sock'), {
    version: '1.2.3',
    routes: { '/status': async () => longReport() },
  });
  await admin.listen();
});

afterAll(async () => {
  await admin.close();
  await rm(folder, { recursive: true });
});

describe.each(Object.keys(PROGRAMS) as (keyof typeof PROGRAMS)[])('%s | head -1', (name) => {
  it('shows the first line and ends without a word on stderr, with its own exit code', async () => {
    const program = join(folder, `${name.replaceAll(' ', '')}.mjs`);
    const contents = `${MAIN}${PROGRAMS[name]}`;
    const options = { bundle: true, platform: 'node', format: 'esm', logLevel: 'error' } as const;
    await build({ ...options, stdin: { contents, resolveDir: process.cwd() }, outfile: program });
    const command = `"$0" "$1" "$2"; code=$?; echo "exit $code" >&2`;
    const shell = spawn('bash', [
      '-c',
      `{ ${command}; } | head -1`,
      process.execPath,
      program,
      join(folder, 'admin.sock'),
    ]);
    const said = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const)
      shell[stream].on('data', (chunk: Buffer) => {
        said[stream] += chunk;
      });
    await once(shell, 'close');
    expect(said.stderr).toBe('exit 0\n');
    expect(said.stdout.split('\n')).toHaveLength(2);
  });
});

function longReport() {
  const virtualServers = Array.from({ length: 10_000 }, (_, index) => ({
    service: `default/service-${index}`,
    frontend: `10.96.${index >> 8}.${index & 255}:80/TCP`,
    scheduler: 'rr',
    persistenceTimeout: 0,
    state: 'programmed',
    realServers: [],
  }));
  const agent = {
    synced: true,
    complete: true,
    services: 10_000,
    auditRoundSeconds: 30,
    problems: [],
    totals: {},
    kernel: 'Linux',
  };
  const counts = { virtualServers: 10_000, realServers: 0, draining: 0, foreign: 0 };
  return { version: 1, agent, counts, virtualServers, unmet: [], withoutEndpoints: [] };
}
