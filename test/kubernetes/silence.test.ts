import { type AddressInfo, createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Credentials } from '../../src/kubernetes/login/credentials.js';
import { HttpTransport } from '../../src/kubernetes/transport/http-transport.js';
import { BreakablePath } from './breakable-path.js';
import { HttpsServer, textOf } from './https-server.js';
import { loginTo } from './logins.js';

const REQUEST = { method: 'GET', path: '/?watch=true' } as const;

describe.each(['h2', 'http/1.1'] as const)('a path that goes quiet under %s', (protocol) => {
  let server: HttpsServer;
  let path: BreakablePath;
  let transport: HttpTransport;
  let speak: () => void = () => undefined;

  beforeEach(async () => {
    server = await HttpsServer.start({ protocol });
    path = await BreakablePath.to(server.port);
  });
  afterEach(async () => {
    await transport.close();
    await path.stop();
    await server.stop();
  });

  async function watch(readIdle: number, pongDeadline: number): Promise<AsyncIterable<Uint8Array>> {
    const settings = { userAgent: 'test', readIdle, pongDeadline };
    transport = new HttpTransport(new Credentials(async () => loginTo(path.url)), settings);
    server.answer = (_, answer) => {
      speak = () => void answer.write('word');
      answer.write('first');
    };
    return (await transport.request(REQUEST, new AbortController().signal)).body;
  }

  it('ends its watches, and the next request finds a new way', async () => {
    const reading = textOf(await watch(90, 90));
    path.silence();
    const error = await reading.catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      kind: 'silent',
      message: `the API server ${new URL(path.url).host}: nothing was received any more${protocol === 'h2' ? ', and a probe was not answered' : ''}`,
    });
    path.heal();
    const { status } = await transport.request(REQUEST, new AbortController().signal);
    expect(status).toBe(200);
  });

  it('leaves a watch alone on which something comes now and then', async () => {
    const reading = textOf(await watch(90, 90));
    const talking = setInterval(() => speak(), 20);
    await new Promise((resolve) => setTimeout(resolve, 600));
    clearInterval(talking);
    const closing = transport.close();
    await expect(reading).rejects.toMatchObject({ kind: 'aborted' });
    await closing;
  });

  it.runIf(protocol === 'h2')(
    'leaves a watch alone that is quiet because nothing happens: a second probe shows that the first was answered',
    async () => {
      const reading = textOf(await watch(12, 60_000));
      await expect.poll(() => server.pings, { interval: 2 }).toBe(2);
      const closing = transport.close();
      await expect(reading).rejects.toMatchObject({ kind: 'aborted' });
      await closing;
    },
  );

  it.runIf(protocol === 'http/1.1')('ends a watch though new connections are answered', async () => {
    const reading = textOf(await watch(120, 120));
    await expect(reading).rejects.toMatchObject({ kind: 'silent' });
    expect((await transport.request(REQUEST, new AbortController().signal)).status).toBe(200);
  });
});

describe('a server that takes connections and says nothing', () => {
  it('is given up after the connect timeout', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const login = loginTo(`https://127.0.0.1:${port}`);
    const settings = { userAgent: 'test', connectTimeout: 20 };
    const transport = new HttpTransport(new Credentials(async () => login), settings);
    await expect(transport.request(REQUEST, new AbortController().signal)).rejects.toMatchObject({
      kind: 'connect',
      message: expect.stringContaining('ETIMEDOUT'),
    });
    await transport.close();
    server.close();
  });
});
