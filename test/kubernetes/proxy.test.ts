import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Credentials } from '../../src/kubernetes/login/credentials.js';
import { HttpTransport } from '../../src/kubernetes/transport/http-transport.js';
import { proxyFromEnvironment } from '../../src/kubernetes/transport/server-address.js';
import { HttpsServer, textOf } from './https-server.js';
import { loginTo } from './logins.js';

describe('a proxy', () => {
  let server: HttpsServer;
  let proxy: Server;
  let asked: string[];
  let sockets: Socket[];
  let tunnel: (socket: Socket) => void;

  beforeEach(async () => {
    asked = [];
    sockets = [];
    tunnel = (socket) => {
      const far = connect(server.port, '127.0.0.1');
      sockets.push(far);
      far.on('error', () => undefined);
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(far).pipe(socket);
    };
    proxy = createServer().on('connect', ({ url, headers }: IncomingMessage, socket: Socket) => {
      asked.push(`${url} ${headers['proxy-authorization'] ?? 'nobody'}`);
      sockets.push(socket);
      socket.on('error', () => undefined);
      tunnel(socket);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  });
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => proxy.close(resolve));
    await server.stop();
  });

  async function ask(user = '', requests = 1, connectTimeout = 5000): Promise<string> {
    const { port } = proxy.address() as AddressInfo;
    const login = loginTo(server.url, { proxy: new URL(`http://${user}127.0.0.1:${port}`) });
    const settings = { userAgent: 'test', connectTimeout };
    const transport = new HttpTransport(new Credentials(async () => login), settings);
    try {
      const one = async () => {
        const { signal } = new AbortController();
        return textOf((await transport.request({ method: 'GET', path: '/' }, signal)).body);
      };
      return (await Promise.all(Array.from({ length: requests }, one))).join('');
    } finally {
      await transport.close();
    }
  }

  it('is asked for a way to the server, once for all requests', async () => {
    server = await HttpsServer.start();
    expect(await ask('me:p%40ss@', 3)).toBe('{}{}{}');
    expect(asked).toEqual([`127.0.0.1:${server.port} Basic ${Buffer.from('me:p@ss').toString('base64')}`]);
  });

  it('is asked for one way a connection over HTTP/1.1', async () => {
    server = await HttpsServer.start({ protocol: 'http/1.1' });
    expect(await ask()).toBe('{}');
    expect(asked).toEqual([`127.0.0.1:${server.port} nobody`]);
  });

  it.each([
    [
      'that refuses',
      (socket: Socket) => void socket.end('HTTP/1.1 407 No\r\n\r\n'),
      /refused the way to 127.*407/,
    ],
    ['that hangs up', (socket: Socket) => void socket.destroy(), /broke the connection/],
    ['that says nothing', () => undefined, /did not answer in time/],
  ])('%s is named in the error', async (_, answer, message) => {
    server = await HttpsServer.start();
    tunnel = answer;
    const error = await ask('me:hush@', 1, 50).catch((reason: Error) => reason);
    expect(error).toMatchObject({ kind: 'connect', message: expect.stringMatching(message) });
    expect(String(error)).toMatch(/^TransportError: the proxy 127.*; correct proxy-url or HTTPS_PROXY/);
    expect(String(error)).not.toContain('hush');
  });
});

describe('the environment', () => {
  const HTTPS_PROXY = 'http://proxy.example.org:3128';

  function proxyFor(server: string, NO_PROXY = ''): string | undefined {
    return proxyFromEnvironment(new URL(server), { HTTPS_PROXY, NO_PROXY })?.host;
  }

  it('names a proxy for servers elsewhere', () => {
    expect(proxyFor('https://192.0.2.10:6443')).toBe('proxy.example.org:3128');
    expect(proxyFromEnvironment(new URL('https://192.0.2.10'), { https_proxy: 'proxy:3128' })?.href).toBe(
      'http://proxy:3128/',
    );
  });

  it('names none for this machine, nor without TLS, nor where it is silent', () => {
    expect(proxyFor('https://127.0.0.1:6443')).toBeUndefined();
    expect(proxyFor('https://localhost:6443')).toBeUndefined();
    expect(proxyFor('https://[::1]:6443')).toBeUndefined();
    expect(proxyFor('https://[::ffff:127.0.0.1]:6443')).toBeUndefined();
    expect(proxyFor('http://192.0.2.10')).toBeUndefined();
    expect(proxyFromEnvironment(new URL('https://192.0.2.10'), {})).toBeUndefined();
  });

  it.each([
    ['*', 'https://api.example.org'],
    ['other, api.example.org', 'https://api.example.org'],
    ['EXAMPLE.org', 'https://api.example.org'],
    ['.example.org', 'https://api.example.org'],
    ['*.example.org', 'https://api.example.org.'],
    ['api.example.org:6443', 'https://api.example.org:6443'],
    ['192.0.2.10', 'https://192.0.2.10'],
    ['192.0.2.0/24', 'https://192.0.2.10'],
    ['192.0.2.10', 'https://[::ffff:192.0.2.10]'],
    ['192.0.2.0/24', 'https://[::ffff:192.0.2.10]'],
    ['::ffff:192.0.2.10', 'https://192.0.2.10'],
    ['2001:db8::/32', 'https://[2001:db8::1]'],
    ['2001:db8::1', 'https://[2001:db8::1]'],
    ['[2001:db8::1]:443', 'https://[2001:db8::1]'],
  ])('excepts %s, and so %s', (exceptions, server) => {
    expect(proxyFor(server, exceptions)).toBeUndefined();
  });

  it.each([
    ['', 'https://api.example.org'],
    ['.api.example.org', 'https://api.example.org'],
    ['ample.org', 'https://api.example.org'],
    ['api.example.org:443', 'https://api.example.org:6443'],
    ['192.0.2.1', 'https://192.0.2.10'],
    ['192.0.2.0/99', 'https://192.0.2.10'],
    ['0.0.0.0/0', 'https://[2001:db8::1]'],
    ['192.0.2.1', 'https://[::ffff:192.0.2.10]'],
    ['api', 'https://192.0.2.10'],
  ])('with %j does not except %s', (exceptions, server) => {
    expect(proxyFor(server, exceptions)).toBe('proxy.example.org:3128');
  });
});
