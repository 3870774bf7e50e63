import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AgentAnswerError, AgentNotRunning, askAgent } from '../../src/cli/admin-client.js';
import { AdminServer, AdminSocketTaken } from '../../src/status/admin-server.js';

let folder: string;
let socket: string;
const servers: AdminServer[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'admin-'));
  socket = join(folder, 'below', 'admin.sock');
});

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
  rmSync(folder, { recursive: true });
});

async function listening(routes: Record<string, () => Promise<unknown>>): Promise<AdminServer> {
  const server = new AdminServer(socket, routes);
  servers.push(server);
  await server.listen();
  return server;
}

describe('the admin socket', () => {
  it('answers what it is asked, for root only', async () => {
    await listening({ '/status': async () => ({ version: 1 }) });
    expect(await askAgent(socket, '/status')).toEqual({ version: 1 });
    expect(statSync(socket).mode & 0o777).toBe(0o600);
  });

  it('says which paths there are when asked for another', async () => {
    await listening({ '/status': async () => ({}) });
    await expect(askAgent(socket, '/nothing')).rejects.toThrow(/404.*\/status/);
  });

  it('passes on why an answer could not be made, and answers the next', async () => {
    let works = false;
    await listening({
      '/status': async () => {
        if (!works) throw new Error('the dump was interrupted');
        return 'fine';
      },
    });
    await expect(askAgent(socket, '/status')).rejects.toThrow(AgentAnswerError);
    works = true;
    expect(await askAgent(socket, '/status')).toBe('fine');
  });

  it('answers however many connections a client holds open, and ends each after its answer', async () => {
    await listening({ '/status': async () => 1 });
    const held = Array.from({ length: 100 }, () => connect(socket).resume());
    await Promise.all(held.map((one) => new Promise((resolve) => one.once('connect', resolve))));
    expect(await askAgent(socket, '/status')).toBe(1);
    const last = held.at(-1);
    const ended = new Promise((resolve) => last?.once('close', resolve));
    last?.write('GET /status HTTP/1.1\r\nHost: node\r\nConnection: keep-alive\r\n\r\n');
    await ended;
    await expect.poll(() => held.filter((one) => !one.destroyed).length).toBeLessThanOrEqual(32);
    for (const one of held) one.destroy();
  });

  it('is not taken from an agent that runs', async () => {
    await listening({});
    await expect(new AdminServer(socket, {}).listen()).rejects.toThrow(AdminSocketTaken);
  });

  it('replaces what a crashed agent left behind', async () => {
    const first = await listening({});
    await first.close();
    writeFileSync(socket, '');
    await listening({ '/status': async () => 1 });
    expect(await askAgent(socket, '/status')).toBe(1);
  });

  it('without a listener means that no agent runs', async () => {
    expect(existsSync(socket)).toBe(false);
    await expect(askAgent(socket, '/status')).rejects.toThrow(AgentNotRunning);
  });
});
