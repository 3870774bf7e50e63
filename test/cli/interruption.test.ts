import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { build } from 'esbuild';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { DONE } from '../../src/model/operation.js';
import { realServer } from '../../src/model/real-server.js';
import { ChangeLog } from '../../src/status/listing/change-log.js';
import { listing, listingQuery } from '../../src/status/listing/listing-source.js';
import { POD_2 } from '../support/addresses.js';
import { AnsweringAgent } from '../support/cli.js';
import { smallCluster, WEB } from '../support/listed-cluster.js';

const folder = mkdtempSync(join(tmpdir(), 'interruption-'));
const program = join(folder, 'program.mjs');
const SERVICE = 'default/web' as never;
const cluster = smallCluster();
const changes = new ChangeLog(
  () => 0,
  () => SERVICE,
);
let asked = 0;
const agent = new AnsweringAgent({
  '/services': (query) => {
    asked++;
    return listing(listingQuery(query), cluster.parts);
  },
  '/events': (query) => changes.since(0, query.get('follow') === '1'),
});
const silent = new AnsweringAgent({
  '/services': async function* () {
    asked++;
    yield await new Promise<never>(() => undefined);
  },
});

beforeAll(async () => {
  const banner = `import { createRequire as r } from "node:module"; const require = r(import.meta.url);`;
  const options = { bundle: true, platform: 'node', format: 'esm', logLevel: 'error' } as const;
  await build({ ...options, entryPoints: ['src/main.ts'], outfile: program, banner: { js: banner } });
  await Promise.all([agent.listen(), silent.listen()]);
  change();
});

beforeEach(() => {
  asked = 0;
});

afterAll(async () => {
  await Promise.all([agent.close(), silent.close()]);
  rmSync(folder, { recursive: true });
});

function change(): void {
  changes.performed([{ kind: 'add-real-server', frontend: WEB, server: realServer(POD_2, 8080, 1) }], [DONE]);
}

class Running {
  out = '';
  err = '';
  readonly ended: Promise<unknown[]>;
  readonly child: ChildProcessByStdio<null, Readable, Readable>;

  constructor(words: readonly string[], socket = agent.socket) {
    const all = [program, ...words, '--admin-socket', socket];
    this.child = spawn(process.execPath, all, { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const name of ['out', 'err'] as const)
      this.child[`std${name}`].on('data', (piece: Buffer) => {
        this[name] += piece;
      });
    this.ended = once(this.child, 'close');
  }
}

describe('Ctrl-C', () => {
  it.each([
    ['services --watch 600', /default\/web/],
    ['services --watch 600 -o json', /default\/web/],
    ['backends web --watch 600', /RemoteAddress/],
    ['events --follow', /because: /],
    ['events --follow -o json', /because/],
  ])('ends %s at once, with whole lines and nothing else', async (words, shown) => {
    const running = new Running(words.split(' '));
    await vi.waitFor(() => expect(running.out).toMatch(shown), 20_000);
    running.child.kill('SIGINT');
    const began = performance.now();
    expect(await running.ended).toEqual([0, null]);
    // The timer for the next frame would go on for ten minutes.
    expect(performance.now() - began).toBeLessThan(20_000);
    expect({ end: running.out.slice(-1), err: running.err }).toEqual({ end: '\n', err: '' });
    if (words.endsWith('json') && words.startsWith('events')) JSON.parse(running.out);
  });

  it.each([
    ['top --interval 600', () => agent],
    ['services', () => silent],
    ['services --rate', () => silent],
    ['top', () => silent],
  ])('ends %s also while it waits, without a word', async (words, asks) => {
    const running = new Running(words.split(' '), asks().socket);
    await vi.waitFor(() => expect(asked).toBeGreaterThan(0), 20_000);
    running.child.kill('SIGINT');
    expect(await running.ended).toEqual([0, null]);
    expect({ out: running.out, err: running.err }).toEqual({ out: '', err: '' });
  });
});

describe('a reader that has gone', () => {
  it('ends what would go on for ever', async () => {
    const running = new Running(['events', '--follow']);
    await vi.waitFor(() => expect(running.out).toMatch(/because: /), 20_000);
    running.child.stdout.destroy();
    const timer = setInterval(change, 100);
    expect(await running.ended).toEqual([0, null]);
    clearInterval(timer);
    expect(running.err).toBe('');
  });
});
