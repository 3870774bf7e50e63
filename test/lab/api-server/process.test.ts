import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { get } from 'node:https';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Greeting } from '../../../lab/api-server/main.js';
import { PROJECT_FOLDER } from '../../../lab/project-folder.js';

describe('the test API server as a process of its own', () => {
  let folder = '';
  let server: ChildProcessByStdio<Writable, Readable, null>;

  beforeAll(async () => {
    folder = mkdtempSync(join(PROJECT_FOLDER, 'node_modules/.api-server-'));
    await build({
      entryPoints: [join(PROJECT_FOLDER, 'lab/api-server/main.ts')],
      outfile: join(folder, 'main.mjs'),
      bundle: true,
      platform: 'node',
      format: 'esm',
      packages: 'external',
    });
  });
  afterEach(() => server.kill('SIGKILL'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('ends with whoever started it, though watches are open', async () => {
    server = spawn(process.execPath, [join(folder, 'main.mjs')], { stdio: ['pipe', 'pipe', 'inherit'] });
    const replies = createInterface(server.stdout)[Symbol.asyncIterator]();
    const { url, authority } = JSON.parse((await replies.next()).value) as Greeting;
    server.stdin.write(
      '{"kind":"allow token","token":"a"}\n{"kind":"fill","size":{"services":500,"endpoints":2}}\n',
    );
    await replies.next();
    await replies.next();
    const headers = { authorization: 'Bearer a' };
    const watch = get(
      `${url}/api/v1/services?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan`,
      {
        ca: authority,
        headers,
      },
    );
    watch.on('error', () => undefined);
    await once(watch, 'response');
    const ended = once(server, 'exit');
    // As the kernel does when the process at the other end dies.
    server.stdin.destroy();
    expect(await ended).toEqual([0, null]);
  }, 20_000);
});
