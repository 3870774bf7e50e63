import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PROGRAM } from '../../lab/agent.js';
import { waitUntil } from '../../lab/wait-until.js';
import { IN_TEST_KERNEL } from './packets/support/kernel-test.js';

/** Nobody listens there, and the namespace has no network at all. */
const KUBECONFIG = `
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "https://192.0.2.1:6443", insecure-skip-tls-verify: true}}]
users: [{name: u, user: {token: t}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
current-context: x
`;

let folder: string;
let socket: string;
let agent: ChildProcess;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signal-'));
  socket = join(folder, 'admin.sock');
  await writeFile(join(folder, 'kubeconfig'), KUBECONFIG);
  const words = [
    '--kubeconfig',
    join(folder, 'kubeconfig'),
    '--hostname-override',
    'n1',
    '--admin-socket',
    socket,
  ];
  agent = spawn('unshare', ['--net', process.execPath, PROGRAM, 'run', ...words], { stdio: 'ignore' });
});

afterEach(async () => {
  agent.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

describe.skipIf(!IN_TEST_KERNEL)('a signal while the agent starts without an API server ends it', () => {
  // The socket comes first: then the kernel is looked at, rules are written, and the server is waited for 30 s.
  it.each([0, 100, 300, 1_000, 3_000])(
    '%i ms after its socket is there',
    async (milliseconds) => {
      await waitUntil(async () => existsSync(socket), { what: 'the admin socket', interval: 5 });
      await sleep(milliseconds);
      const ended = once(agent, 'exit');
      const from = performance.now();
      agent.kill('SIGTERM');
      const [code] = await ended;
      process.stdout.write(`ended ${Math.round(performance.now() - from)} ms after the signal\n`);
      expect(code).toBe(0);
      expect(existsSync(socket)).toBe(false);
    },
    40_000,
  );
});
