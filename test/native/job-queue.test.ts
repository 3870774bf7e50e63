import { execFileSync } from 'node:child_process';
import { lookup } from 'node:dns/promises';
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { openKernelHandle } from '../support/kernel-handle.js';

/** As many as libuv's pool has threads. */
const JOBS = 4;

it('kernel jobs under way hold up neither a gunzip, nor a name lookup, nor a file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'job-queue-'));
  // A job opens its network namespace first; a FIFO lets nobody open it until somebody writes.
  const fifo = join(folder, 'namespace');
  execFileSync('mkfifo', [fifo]);
  const handles = Array.from({ length: JOBS }, () =>
    openKernelHandle({ device: 'unused', table: 'unused', sets: [], networkNamespace: fifo }),
  );
  let settled = 0;
  const jobs = handles.map((handle) =>
    handle.deviceIndex().catch((error: Error) => {
      settled++;
      return error.message;
    }),
  );
  expect(await promisify(gunzip)(gzipSync('text'))).toEqual(Buffer.from('text'));
  expect((await lookup('localhost')).address).toMatch(/^(127\.0\.0\.1|::1)$/);
  expect(await readFile('/proc/self/comm', 'utf8')).not.toBe('');
  expect(settled).toBe(0);
  const writer = openSync(fifo, constants.O_RDWR);
  for (const message of await Promise.all(jobs)) expect(message).toContain(fifo);
  closeSync(writer);
  for (const handle of handles) handle.close();
  rmSync(folder, { recursive: true });
});
