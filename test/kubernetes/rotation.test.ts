import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { issue, makeAuthority } from '../../lab/api-server/certificates.js';
import { openCredentials } from '../../src/kubernetes/login/open-credentials.js';
import type { ApiResponse } from '../../src/kubernetes/transport/api-transport.js';
import { HttpTransport } from '../../src/kubernetes/transport/http-transport.js';
import { AUTHORITY, HttpsServer, SERVER_CERTIFICATE, textOf } from './https-server.js';
import { LoginFiles } from './login-files.js';

const HOSTS = ['127.0.0.1'];

describe.each(['h2', 'http/1.1'] as const)('over %s, without a restart,', (protocol) => {
  let files: LoginFiles;
  let server: HttpsServer;
  let transport: HttpTransport;

  beforeEach(async () => {
    files = new LoginFiles();
    files.write('ca.crt', AUTHORITY.cert);
    files.write('token', 'token-1');
  });
  afterEach(async () => {
    await transport.close();
    await server.stop();
    files.clear();
  });

  async function start(maxAge: number, user: object = { tokenFile: 'token' }, demand = {}) {
    server = await HttpsServer.start({ protocol, ...demand });
    const kubeconfig = files.kubeconfig({ server: server.url, 'certificate-authority': 'ca.crt' }, user);
    const environment = { environment: {}, serviceAccountFolder: '/none' };
    const credentials = openCredentials({ kubeconfig }, { maxAge }, environment);
    transport = new HttpTransport(credentials, { userAgent: 'test' });
    return credentials;
  }

  function ask(path = '/'): Promise<ApiResponse> {
    return transport.request({ method: 'GET', path }, new AbortController().signal);
  }

  /** Answers 401 to every other token. */
  function accept(token: string): string[] {
    const tokens: string[] = [];
    server.answer = (asked, answer) => {
      tokens.push(String(asked.headers.authorization).replace('Bearer ', ''));
      answer.statusCode = tokens.at(-1) === token ? 200 : 401;
      answer.end('{"kind":"Status"}');
    };
    return tokens;
  }

  it('a new token is used on the connection there is, where there is one', async () => {
    await start(0);
    const tokens = accept('token-1');
    await textOf((await ask()).body);
    files.write('token', 'token-2');
    await textOf((await ask()).body);
    expect([tokens, server.connections]).toEqual([['token-1', 'token-2'], protocol === 'h2' ? 1 : 2]);
  });

  it('a token that is refused is read again at once, and the request is repeated', async () => {
    await start(60_000);
    await textOf((await ask()).body);
    files.write('token', 'token-2');
    const tokens = accept('token-2');
    expect((await ask()).status).toBe(200);
    expect(tokens).toEqual(['token-1', 'token-2']);
  });

  it('a token that is refused and still the same is passed on to the caller, with what the server said', async () => {
    await start(60_000);
    const tokens = accept('another');
    const { status, body } = await ask();
    expect([status, await textOf(body), tokens]).toEqual([401, '{"kind":"Status"}', ['token-1']]);
  });

  it('a token that is refused twice is passed on to the caller', async () => {
    await start(60_000);
    await textOf((await ask()).body);
    files.write('token', 'token-2');
    const tokens = accept('token-3');
    expect([(await ask()).status, tokens]).toEqual([401, ['token-1', 'token-2']]);
  });

  it('a token that vanished leaves the last one in use', async () => {
    const credentials = await start(0);
    await textOf((await ask()).body);
    files.remove('token');
    expect((await ask()).status).toBe(200);
    expect(credentials.problems[0]?.message).toContain('what was read before stays in use');
  });

  it('a new CA is trusted on a new connection, while a watch stays on the old one', async () => {
    await start(0);
    server.answer = (_, answer) => {
      answer.write('first');
      setTimeout(() => answer.end(' last'), 40);
    };
    const watched = textOf((await ask('/?watch=true')).body);
    const other = makeAuthority('next CA');
    server.show(issue(other, { name: 'api', hosts: HOSTS }));
    files.write('ca.crt', other.cert);
    server.answer = (_, answer) => void answer.end('{}');
    expect(await textOf((await ask()).body)).toBe('{}');
    expect(await watched).toBe('first last');
    expect(server.connections).toBe(2);
    await expect.poll(() => server.sockets.size, { interval: 2 }).toBe(protocol === 'h2' ? 1 : 0);
  });

  it('a CA that comes later than the server’s new certificate is found at the next attempt', async () => {
    await start(60_000);
    const other = makeAuthority('next CA');
    server.show(issue(other, { name: 'api', hosts: HOSTS }));
    await expect(ask()).rejects.toMatchObject({ kind: 'tls' });
    files.write('ca.crt', other.cert);
    expect((await ask()).status).toBe(200);
    server.show(SERVER_CERTIFICATE);
  });

  it('a new client certificate is shown on a new connection', async () => {
    const users = makeAuthority('users CA');
    const write = (name: string) => {
      const { cert, key } = issue(users, { name });
      files.write('client.crt', cert);
      files.write('client.key', key);
    };
    write('node-1');
    const user = { 'client-certificate': 'client.crt', 'client-key': 'client.key' };
    await start(0, user, { clientAuthority: users });
    const names: string[] = [];
    server.answer = (asked, answer) => {
      names.push(nameOf(asked.socket));
      answer.end('{}');
    };
    await textOf((await ask()).body);
    await textOf((await ask()).body);
    write('node-2');
    await textOf((await ask()).body);
    expect([names, server.connections]).toEqual([['node-1', 'node-1', 'node-2'], protocol === 'h2' ? 2 : 3]);
  });

  it('credentials that were never there are reported as such, and work once they are', async () => {
    files.remove('token');
    await start(0);
    await expect(ask()).rejects.toMatchObject({
      kind: 'credentials',
      message: expect.stringContaining('users[0].user.tokenFile: the file'),
    });
    files.write('token', 'token-1');
    expect((await ask()).status).toBe(200);
  });
});

function nameOf(socket: unknown): string {
  return (socket as { getPeerCertificate(): { subject: { CN: string } } }).getPeerCertificate().subject.CN;
}
