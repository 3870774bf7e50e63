import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
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
    for (const tool of ['timed', 'connect', 'answer', 'stream'])
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
    const stated = Number(execFileSync('cat', [output], { encoding: 'utf8' }));
    expect(processor).toBeGreaterThanOrEqual(stated);
    expect(processor).toBeLessThan(stated + 100);
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

  it('pause between connections where they are told to, and tell each at once', async () => {
    const began = Date.now();
    const child = spawn(join(folder, 'connect'), ['0', '50'], { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.write(`127.0.0.2 ${PORT}\n`.repeat(100));
    const lines: string[] = [];
    for await (const line of createInterface(child.stdout)) if (lines.push(line) === 4) child.kill('SIGTERM');
    expect(lines).toHaveLength(4);
    expect(Date.now() - began).toBeGreaterThanOrEqual(150);
  });

  /** What `stream` prints that does this to a server that handles each connection so. */
  async function streamTo(handle: (socket: Socket) => void, ...[what, seconds]: readonly string[]) {
    const sink = createServer((socket) => handle(socket.on('error', () => undefined)));
    await once(sink.listen(0, '127.0.0.2'), 'listening');
    const { port } = sink.address() as AddressInfo;
    const child = spawn(join(folder, 'stream'), [what ?? '', seconds ?? '', '127.0.0.2', String(port)]);
    const [text] = (await once(child.stdout, 'data')) as [Buffer];
    sink.close();
    return JSON.parse(text.toString()) as { readonly seconds: number; readonly count: number };
  }

  it('count connections, as many as the other end answered', async () => {
    let answered = 0;
    const { seconds, count } = await streamTo(
      (socket) => {
        answered++;
        socket.end('here');
      },
      'connect',
      '0.2',
    );
    expect(seconds).toBeGreaterThanOrEqual(0.2);
    expect(count).toBeGreaterThan(0);
    expect(count).toBe(answered);
  });

  it('count the bytes that go over a connection, no fewer than were read at the other end', async () => {
    let read = 0;
    const { count } = await streamTo(
      (socket) =>
        socket.on('data', (data) => {
          read += data.length;
        }),
      'send',
      '0.2',
    );
    expect(read).toBeGreaterThan(0);
    // A connection that is reset loses what is still under way.
    expect(count).toBeGreaterThanOrEqual(read);
  });

  it('read on some addresses of a port that another server has on all', async () => {
    const sink = spawn(join(folder, 'stream'), ['sink', String(PORT), '127.0.0.5'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(sink.stdout, 'data');
    const output = execFileSync(join(folder, 'stream'), ['send', '0.1', '127.0.0.5', String(PORT)], {
      encoding: 'utf8',
    });
    // The other server closes at once, which ends whoever sends.
    expect((JSON.parse(output) as { count: number }).count).toBeGreaterThan(0);
    sink.kill('SIGKILL');
    expect(spawnSync(join(folder, 'stream'), ['send', '1', '127.0.0.6', String(PORT)]).status).not.toBe(0);
  });
});
