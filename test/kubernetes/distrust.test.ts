import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type Certificate, issue, makeAuthority } from '../../lab/api-server/certificates.js';
import { Credentials } from '../../src/kubernetes/login/credentials.js';
import type { Login } from '../../src/kubernetes/login/login.js';
import { HttpTransport } from '../../src/kubernetes/transport/http-transport.js';
import { AUTHORITY, HttpsServer, SERVER_CERTIFICATE, type ServerOptions, textOf } from './https-server.js';
import { loginTo } from './logins.js';

const OTHER = makeAuthority('other CA');
const NOW = /\d{4}-\d\d-\d\dT[\d:.]+Z$/;

function pairOf({ cert, key }: Certificate): Pick<Login, 'pair'> {
  const place = { subject: 'kubeconfig "k"', field: 'users[0].user.client-certificate' };
  return {
    pair: { certificate: { text: Buffer.from(cert), place }, key: { text: Buffer.from(key), place } },
  };
}

describe('a connection with TLS', () => {
  const closing: (() => Promise<void>)[] = [];

  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  async function serve(options: ServerOptions): Promise<HttpsServer> {
    const server = await HttpsServer.start(options);
    closing.push(() => server.stop());
    return server;
  }

  async function ask(login: Login): Promise<string> {
    const transport = new HttpTransport(new Credentials(async () => login), { userAgent: 'test' });
    closing.push(() => transport.close());
    const { body } = await transport.request({ method: 'GET', path: '/' }, new AbortController().signal);
    return textOf(body);
  }

  async function failure(options: ServerOptions, change: Partial<Login> = {}): Promise<[string, string]> {
    const server = await serve(options);
    const login = loginTo(server.url, change);
    const error = await ask(login).then(
      () => ({ kind: 'none', message: 'good' }),
      (reason: { kind: string; message: string }) => reason,
    );
    expect(server.requests).toEqual([]);
    return [error.kind, error.message.replace(`the API server ${login.server.host}: `, '')];
  }

  it('is refused where the server’s certificate has expired, and says since when', async () => {
    const until = new Date('2026-01-02T03:04:05Z');
    const certificate = issue(AUTHORITY, {
      name: 'api',
      hosts: ['127.0.0.1'],
      from: new Date('2025-01-01'),
      until,
    });
    const [kind, message] = await failure({ certificate });
    expect([kind, message.replace(NOW, 'NOW')]).toEqual([
      'tls',
      "its certificate expired on 2026-01-02T03:04:05.000Z; renew it on the control plane, or correct this node's clock, which says NOW",
    ]);
  });

  it('is refused where the certificate is of tomorrow: then the clock is wrong', async () => {
    const from = new Date('2040-01-01T00:00:00Z');
    const certificate = issue(AUTHORITY, {
      name: 'api',
      hosts: ['127.0.0.1'],
      from,
      until: new Date('2041-01-01'),
    });
    expect((await failure({ certificate }))[1]).toContain(
      'is valid only from 2040-01-01T00:00:00.000Z; look at',
    );
  });

  it('is refused where another authority signed the certificate, and names ours', async () => {
    const certificate = issue(OTHER, { name: 'api', hosts: ['127.0.0.1'] });
    expect(await failure({ certificate })).toEqual([
      'tls',
      'its certificate is signed by "other CA", which is not in kubeconfig "k", ca.crt; put the cluster\'s CA there (UNABLE_TO_VERIFY_LEAF_SIGNATURE)',
    ]);
  });

  it('is refused where no authority is named and the certificate is of a private one', async () => {
    const [kind, message] = await failure({}, { authority: undefined });
    expect([kind, message]).toEqual([
      'tls',
      expect.stringContaining('set certificate-authority in the kubeconfig'),
    ]);
  });

  it('is refused where the certificate is for other names, and lists them', async () => {
    const certificate = issue(AUTHORITY, { name: 'api', hosts: ['kubernetes', '192.0.2.10'] });
    expect(await failure({ certificate })).toEqual([
      'tls',
      'its certificate is not for "127.0.0.1" but for "kubernetes, 192.0.2.10"; use one of these as the address, or set tls-server-name in the kubeconfig',
    ]);
  });

  it('is made where the kubeconfig gives the name in the certificate', async () => {
    const server = await serve({ certificate: issue(AUTHORITY, { name: 'api', hosts: ['kubernetes'] }) });
    expect(await ask(loginTo(server.url, { serverName: 'kubernetes' }))).toBe('{}');
  });

  it('is made without a look at the certificate only where the kubeconfig says so', async () => {
    const server = await serve({ certificate: issue(OTHER, { name: 'api' }) });
    expect(await ask(loginTo(server.url, { verify: false, authority: undefined }))).toBe('{}');
  });

  it('shows our certificate', async () => {
    const server = await serve({ clientAuthority: OTHER });
    expect(await ask(loginTo(server.url, pairOf(issue(OTHER, { name: 'node' }))))).toBe('{}');
  });

  it.each(['h2', 'http/1.1'] as const)('says where our certificate is missing, over %s', async (protocol) => {
    const [kind, message] = await failure({ clientAuthority: OTHER, protocol });
    expect([kind, message]).toEqual([
      'tls',
      'it refused TLS with "certificate required"; the kubeconfig names no client certificate, which the server may demand',
    ]);
  });

  it('says where our certificate may be refused, though the server only hangs up', async () => {
    const [kind, message] = await failure(
      { clientAuthority: OTHER },
      pairOf(issue(AUTHORITY, { name: 'node' })),
    );
    expect([kind, message]).toEqual([
      'lost',
      expect.stringContaining('it may refuse the client certificate'),
    ]);
  });
});

describe('a connection that cannot be', () => {
  async function failure(url: string): Promise<string> {
    const transport = new HttpTransport(new Credentials(async () => loginTo(url)), { userAgent: 'test' });
    const error = await transport
      .request({ method: 'GET', path: '/' }, new AbortController().signal)
      .catch((reason: unknown) => reason as { kind: string; message: string });
    await transport.close();
    return 'kind' in error ? `${error.kind}: ${error.message}` : 'good';
  }

  it('speaks TLS to a server without', async () => {
    const server = await HttpsServer.start({ protocol: 'plain' });
    expect(await failure(server.url.replace('http:', 'https:'))).toBe(
      `tls: the API server 127.0.0.1:${server.port}: it does not speak TLS there; if it is meant to, write http:// or another port`,
    );
    await server.stop();
  });

  it('speaks no TLS to a server with', async () => {
    const server = await HttpsServer.start();
    expect(await failure(server.url.replace('https:', 'http:'))).toMatch(
      /^lost: .*; if it speaks TLS there, write https:/,
    );
    await server.stop();
  });

  it('finds nobody', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    expect(await failure(`https://127.0.0.1:${port}`)).toBe(
      `connect: the API server 127.0.0.1:${port}: nobody listens there; look whether the API server runs and the port is right (ECONNREFUSED)`,
    );
  });

  it('ends while TLS is agreed on', async () => {
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    expect(await failure(`https://127.0.0.1:${port}`)).toMatch(/^connect: .* ended before TLS was agreed on/);
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('a server without TLS', () => {
  it('is asked where the kubeconfig says http://', async () => {
    const server = await HttpsServer.start({ protocol: 'plain', certificate: SERVER_CERTIFICATE });
    const transport = new HttpTransport(new Credentials(async () => loginTo(server.url)), {
      userAgent: 'test',
    });
    const request = { method: 'GET', path: '/' } as const;
    expect((await transport.request(request, new AbortController().signal)).status).toBe(200);
    await transport.close();
    await server.stop();
  });
});
