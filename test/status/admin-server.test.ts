import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  AgentAnswerError,
  AgentNotRunning,
  AgentTooSlow,
  askAgent,
  rowsFromAgent,
  textFromAgent,
} from '../../src/cli/admin-client.js';
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

async function listening(
  routes: ConstructorParameters<typeof AdminServer>[1]['routes'],
  limits: { readonly longestAnswer?: number } = {},
): Promise<AdminServer> {
  const server = new AdminServer(socket, { version: '1.2.3', routes, ...limits });
  servers.push(server);
  await server.listen();
  return server;
}

/** A row every few milliseconds, for ever. */
async function* steadily() {
  for (let index = 0; ; index++) {
    yield [index];
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function collected(
  ...given: Parameters<typeof rowsFromAgent> extends [string, ...infer Rest] ? Rest : never
) {
  const rows: unknown[] = [];
  for await (const row of rowsFromAgent(socket, ...given)) rows.push(row);
  return rows;
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

  it('has texts as they are, of which a reader may take the beginning', async () => {
    await listening({ '/metrics': async () => 'one 1\ntwo 2\n', '/diff': steadily });
    const whole = { text: 'one 1\ntwo 2\n', isCut: false };
    expect(await textFromAgent(socket, '/metrics', {}, { most: 100 })).toEqual(whole);
    expect(await textFromAgent(socket, '/metrics', {}, { most: 3 })).toEqual({ text: 'one', isCut: true });
    const beginning = await textFromAgent(socket, '/diff', {}, { most: 4 });
    expect(beginning).toEqual({ text: '0\n1\n', isCut: true });
    await expect(textFromAgent(socket, '/diff', {}, { most: 1e6, longest: 100 })).rejects.toThrow(
      'the agent has not ended its answer within 0.1 s',
    );
  });

  it('passes on why an answer could not be made, and answers the next', async () => {
    let works = false;
    await listening({
      '/status': async () => {
        if (!works) throw new Error('the dump was interrupted');
        return { is: 'fine' };
      },
    });
    await expect(askAgent(socket, '/status')).rejects.toThrow(AgentAnswerError);
    works = true;
    expect(await askAgent(socket, '/status')).toEqual({ is: 'fine' });
  });

  it('answers however many connections a client holds open, and ends each after its answer', async () => {
    await listening({ '/status': async () => 1 });
    const held = Array.from({ length: 100 }, () => connect(socket).resume());
    await Promise.all(held.map((one) => new Promise((resolve) => one.once('connect', resolve))));
    expect(await askAgent(socket, '/status')).toBe(1);
    const last = held.at(-1);
    const ended = new Promise((resolve) => last?.once('close', resolve));
    last?.write(
      'GET /status HTTP/1.1\r\nHost: node\r\nConnection: keep-alive\r\nkube-ipvs-proxy-protocol: 1\r\n\r\n',
    );
    await ended;
    await expect.poll(() => held.filter((one) => !one.destroyed).length).toBeLessThanOrEqual(32);
    for (const one of held) one.destroy();
  });

  it('is not taken from an agent that runs', async () => {
    await listening({});
    await expect(new AdminServer(socket, { version: '1.2.3', routes: {} }).listen()).rejects.toThrow(
      AdminSocketTaken,
    );
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

describe('rows of an answer', () => {
  async function rows(): Promise<unknown[]> {
    const all: unknown[] = [];
    for await (const row of rowsFromAgent(socket, '/rows', { from: 1, to: undefined })) all.push(row);
    return all;
  }

  it('arrive one by one, with the query of the request', async () => {
    await listening({
      '/rows': async function* (query) {
        yield [{ row: Number(query.get('from')) }, { row: 2 }];
        yield [];
        yield [{ row: query.get('to') }];
      },
    });
    expect(await rows()).toEqual([{ row: 1 }, { row: 2 }, { row: null }]);
  });

  it('are made only as fast as they are read', async () => {
    let made = 0;
    await listening({
      '/rows': async function* () {
        for (;;) {
          made++;
          yield ['x'.repeat(64 * 1024)];
        }
      },
    });
    for await (const row of rowsFromAgent(socket, '/rows')) {
      expect(row).toHaveLength(64 * 1024);
      await new Promise((resolve) => setTimeout(resolve, 50));
      break;
    }
    expect(made).toBeLessThan(200);
    const soon = made;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(made).toBe(soon);
  });

  it('end with an error once the whole answer takes too long, on either side', async () => {
    const routes = { '/events': steadily };
    await listening(routes);
    const slow = collected('/events', {}, { longest: 300 });
    await expect(slow).rejects.toThrow('the agent has not ended its answer within 0.3 s');
    await servers.pop()?.close();
    await listening(routes, { longestAnswer: 300 });
    await expect(collected('/events')).rejects.toThrow('the agent ended its answer early');
  });

  it('go on for as long as they are followed', async () => {
    await listening({ '/events': steadily }, { longestAnswer: 50 });
    const enough = AbortSignal.timeout(400);
    const rows = collected('/events', { follow: '1' }, { longest: 50, signal: enough });
    await expect(rows).rejects.toThrow();
    expect(enough.aborted).toBe(true);
  });

  it('that end early are an error, not a short answer', async () => {
    await listening({
      '/rows': async function* () {
        yield [1];
        throw new Error('the dump was interrupted');
      },
    });
    await expect(rows()).rejects.toThrow('the agent ended its answer early');
  });
});

describe('an agent and a command of different versions', () => {
  function plainServer(headers: Record<string, string>, status = 200): Promise<Server> {
    const server = createServer((_, response) => response.writeHead(status, headers).end('{"version":1}'));
    plain.push(server);
    mkdirSync(dirname(socket), { recursive: true });
    return new Promise((resolve) => server.listen(socket, () => resolve(server)));
  }

  const plain: Server[] = [];
  afterEach(() => Promise.all(plain.splice(0).map((server) => new Promise((done) => server.close(done)))));

  it('say so where the agent is older', async () => {
    await plainServer({});
    await expect(askAgent(socket, '/status')).rejects.toThrow(
      'the agent is older: the agent (of an early version) speaks version 0 of the admin protocol, this command version 1.',
    );
  });

  it('do not take an agent for older that was too busy to read the question', async () => {
    await plainServer({}, 408);
    await expect(askAgent(socket, '/status')).rejects.toThrow(AgentTooSlow);
  });

  it('say so where the agent is newer', async () => {
    await plainServer({ 'kube-ipvs-proxy-protocol': '2', 'kube-ipvs-proxy-version': '9.9.9' });
    await expect(askAgent(socket, '/status')).rejects.toThrow(
      'the command is older: the agent (kube-ipvs-proxy 9.9.9) speaks version 2 of the admin protocol, this command version 1.',
    );
  });

  it.each([
    ['older, as before there were versions', undefined, 'the command is older'],
    ['newer', '2', 'the agent is older'],
  ])('say so to a command that is %s', async (_, protocol, words) => {
    await listening({ '/status': async () => 1 });
    const headers = protocol === undefined ? {} : { 'kube-ipvs-proxy-protocol': protocol };
    const body = await new Promise<string>((resolve, reject) => {
      const asked = request({ socketPath: socket, path: '/status', headers }, (response) => {
        let text = '';
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => resolve(`${response.statusCode} ${text}`));
      });
      asked.on('error', reject).end();
    });
    expect(body).toMatch(/^400 /);
    expect(body).toContain(words);
  });
});
