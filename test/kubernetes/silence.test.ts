import { type AddressInfo, createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Credentials } from '../../src/kubernetes/credentials.js';
import { HttpTransport } from '../../src/kubernetes/http-transport.js';
import { BreakablePath } from './breakable-path.js';
import { HttpsServer, textOf } from './https-server.js';
import { loginTo } from './logins.js';

const IN_MILLISECONDS = { userAgent: 'test', readIdle: 12, pongDeadline: 40, connectTimeout: 30 };

describe.each(['h2', 'http/1.1'] as const)('a path that goes quiet under %s', (protocol) => {
  let server: HttpsServer;
  let path: BreakablePath;
  let transport: HttpTransport;

  beforeEach(async () => {
    server = await HttpsServer.start({ protocol });
    path = await BreakablePath.to(server.port);
    transport = new HttpTransport(new Credentials(async () => loginTo(path.url)), IN_MILLISECONDS);
  });
  afterEach(async () => {
    await transport.close();
    await path.stop();
    await server.stop();
  });

  async function watch(): Promise<AsyncIterable<Uint8Array>> {
    server.answer = (asked, answer) => {
      if (asked.url === '/version') answer.end('{}');
      else answer.write('first');
    };
    return (await transport.request({ method: 'GET', path: '/?watch=true' }, new AbortController().signal))
      .body;
  }

  it('ends its watches, and the next request finds a new way', async () => {
    const reading = textOf(await watch());
    path.silence();
    server.answer = () => undefined;
    const error = await reading.catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      kind: 'silent',
      message: `the API server ${new URL(path.url).host}: nothing was heard any more, and a probe was not answered`,
    });
    server.answer = (_, answer) => void answer.end('{}');
    const { status } = await transport.request({ method: 'GET', path: '/' }, new AbortController().signal);
    expect(status).toBe(200);
  });

  it('leaves a watch alone that is quiet because nothing happens', async () => {
    const reading = textOf(await watch());
    const quiet = new Promise((resolve) => setTimeout(() => resolve('quiet'), 80));
    expect(await Promise.race([reading.catch((reason: unknown) => reason), quiet])).toBe('quiet');
    const version = server.heard.filter((line) => line === 'GET /version').length;
    if (protocol === 'h2') expect(version).toBe(0);
    else expect(version).toBeGreaterThan(0);
    const closing = transport.close();
    await expect(reading).rejects.toMatchObject({ kind: 'aborted' });
    await closing;
  });
});

describe('a server that takes connections and says nothing', () => {
  it('is given up after the connect timeout', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const login = loginTo(`https://127.0.0.1:${port}`);
    const transport = new HttpTransport(new Credentials(async () => login), IN_MILLISECONDS);
    await expect(
      transport.request({ method: 'GET', path: '/' }, new AbortController().signal),
    ).rejects.toMatchObject({ kind: 'connect', message: expect.stringContaining('ETIMEDOUT') });
    await transport.close();
    server.close();
  });
});
