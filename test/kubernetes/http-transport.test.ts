import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Credentials } from '../../src/kubernetes/login/credentials.js';
import type { ApiRequest } from '../../src/kubernetes/transport/api-transport.js';
import { HttpTransport } from '../../src/kubernetes/transport/http-transport.js';
import { BreakablePath } from './breakable-path.js';
import { type Asked, HttpsServer, textOf } from './https-server.js';
import { loginTo } from './logins.js';

const NEVER = new AbortController().signal;
const PROTOCOLS = ['h2', 'http/1.1'] as const;

function get(path: string): ApiRequest {
  return { method: 'GET', path };
}

describe.each(PROTOCOLS)('the API server over %s', (protocol) => {
  let server: HttpsServer;
  let transport: HttpTransport;

  beforeEach(async () => {
    server = await HttpsServer.start({ protocol });
    transport = transportTo(server.url);
  });
  afterEach(async () => {
    await transport.close();
    await server.stop();
  });

  function transportTo(url: string): HttpTransport {
    return new HttpTransport(new Credentials(async () => loginTo(url)), {
      userAgent: 'kube-ipvs-proxy/test',
    });
  }

  it('answers with status, headers and body', async () => {
    server.answer = (_, answer) => {
      answer.setHeader('Retry-After', '7');
      answer.statusCode = 429;
      answer.end('{"kind":"Status"}');
    };
    const { status, headers, body } = await transport.request(get('/api/v1/services?limit=500'), NEVER);
    expect([status, headers['retry-after'], await textOf(body)]).toEqual([429, '7', '{"kind":"Status"}']);
    expect(server.requests).toEqual(['GET /api/v1/services?limit=500']);
  });

  it('is connected to with a call of `dialling` for each connection', async () => {
    const dialled: string[] = [];
    const transport = new HttpTransport(new Credentials(async () => loginTo(server.url)), {
      userAgent: 'test',
      dialling: ({ server: url }) => dialled.push(url.href),
    });
    for (let n = 0; n < 2; n++) await textOf((await transport.request(get('/api'), NEVER)).body);
    await transport.close();
    expect(dialled).toEqual(new Array(protocol === 'h2' ? 1 : 2).fill(`${server.url}/`));
  });

  it('receives who asks, in JSON, compressed', async () => {
    let received: Asked['headers'] = {};
    server.answer = (asked, answer) => {
      received = asked.headers;
      answer.end();
    };
    await textOf((await transport.request(get('/version'), NEVER)).body);
    expect(received).toMatchObject({
      accept: 'application/json',
      'accept-encoding': 'gzip',
      authorization: 'Bearer token-1',
      'user-agent': 'kube-ipvs-proxy/test',
    });
    expect(received['content-type']).toBeUndefined();
  });

  it('receives the form of the answer that the caller wants', async () => {
    let received: unknown;
    server.answer = (asked, answer) => {
      received = asked.headers.accept;
      answer.end();
    };
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
    await textOf((await transport.request({ ...get('/api/v1/nodes'), accept }, NEVER)).body);
    expect(received).toBe(accept);
  });

  it('receives bodies as JSON, of the type that the caller says', async () => {
    const received: unknown[] = [];
    server.answer = async (asked, answer) => {
      received.push([asked.method, asked.headers['content-type'], await textOf(asked)]);
      answer.end();
    };
    const path = '/apis/events.k8s.io/v1/namespaces/default/events';
    for (const request of [
      { method: 'POST', path, body: { note: 'ü' } },
      { method: 'PATCH', path, body: {} },
      { method: 'PATCH', path, body: {}, contentType: 'application/apply-patch+yaml' },
    ] as const) {
      await textOf((await transport.request(request, NEVER)).body);
    }
    expect(received).toEqual([
      ['POST', 'application/json', '{"note":"ü"}'],
      ['PATCH', 'application/merge-patch+json', '{}'],
      ['PATCH', 'application/apply-patch+yaml', '{}'],
    ]);
  });

  it('has its compressed bodies unpacked', async () => {
    const text = JSON.stringify({ items: new Array(20_000).fill('slice') });
    server.answer = (_, answer) => {
      answer.setHeader('content-encoding', 'gzip');
      answer.end(gzipSync(text));
    };
    expect(await textOf((await transport.request(get('/'), NEVER)).body)).toBe(text);
  });

  it('is received while it is still being sent', async () => {
    server.answer = (_, answer) => void answer.write('{"type":"ADDED"}\n');
    const { body } = await transport.request(get('/?watch=true'), NEVER);
    for await (const piece of body) {
      expect(Buffer.from(piece).toString()).toBe('{"type":"ADDED"}\n');
      break;
    }
  });

  it('notices that the loop over a body was left', async () => {
    const closed = new Promise<void>((resolve) => {
      server.answer = (_, answer) => {
        answer.on('close', resolve);
        answer.write('first');
      };
    });
    const { body } = await transport.request(get('/?watch=true'), NEVER);
    for await (const _ of body) break;
    await closed;
  });

  it('is not asked where the caller has given up already', async () => {
    await expect(transport.request(get('/'), AbortSignal.abort())).rejects.toMatchObject({ kind: 'aborted' });
    expect(server.requests).toEqual([]);
  });

  it('notices that the caller gives up while it waits for an answer', async () => {
    const giveUp = new AbortController();
    const closed = new Promise<void>((resolve) => {
      server.answer = (_, answer) => {
        answer.on('close', resolve);
        giveUp.abort();
      };
    });
    await expect(transport.request(get('/'), giveUp.signal)).rejects.toMatchObject({ kind: 'aborted' });
    await closed;
  });

  it('notices that the caller gives up in the middle of a body', async () => {
    const giveUp = new AbortController();
    const closed = new Promise<void>((resolve) => {
      server.answer = (_, answer) => {
        answer.on('close', resolve);
        answer.write('first');
      };
    });
    const { body } = await transport.request(get('/?watch=true'), giveUp.signal);
    setTimeout(() => giveUp.abort(), 5);
    await expect(textOf(body)).rejects.toMatchObject({ kind: 'aborted' });
    await closed;
  });

  it.each(['cut', 'reset'] as const)('is lost where the connection is %s, and found again', async (how) => {
    const path = await BreakablePath.to(server.port);
    const farther = transportTo(path.url);
    server.answer = (_, answer) => void answer.write('{"items":[');
    const { body } = await farther.request(get('/'), NEVER);
    setTimeout(() => path[how](), 5);
    await expect(textOf(body)).rejects.toMatchObject({ kind: 'lost' });
    server.answer = (_, answer) => void answer.end('{}');
    expect(await textOf((await farther.request(get('/'), NEVER)).body)).toBe('{}');
    await farther.close();
    await path.stop();
  });

  it('is lost where a compressed body breaks off', async () => {
    server.answer = (_, answer) => {
      answer.setHeader('content-encoding', 'gzip');
      answer.end(gzipSync('x'.repeat(1000)).subarray(0, 20));
    };
    const { body } = await transport.request(get('/'), NEVER);
    await expect(textOf(body)).rejects.toMatchObject({ kind: 'lost' });
  });

  it('is found below the path of its address', async () => {
    const farther = transportTo(`${server.url}/k8s/clusters/c-1/`);
    await textOf((await farther.request(get('/api/v1/services'), NEVER)).body);
    expect(server.requests).toEqual(['GET /k8s/clusters/c-1/api/v1/services']);
    await farther.close();
  });

  it('is given up where it takes a request and does not answer it', async () => {
    const credentials = new Credentials(async () => loginTo(server.url));
    const hasty = new HttpTransport(credentials, { userAgent: 'test', answerDeadline: 20 });
    server.answer = () => undefined;
    await expect(hasty.request(get('/'), NEVER)).rejects.toMatchObject({ kind: 'silent' });
    await hasty.close();
  });

  it('receives nothing more after close, which ends what is under way', async () => {
    server.answer = (_, answer) => void answer.write('first');
    const { body } = await transport.request(get('/?watch=true'), NEVER);
    const reading = textOf(body);
    setTimeout(() => void transport.close(), 5);
    await expect(reading).rejects.toMatchObject({ kind: 'aborted' });
    await expect(transport.request(get('/'), NEVER)).rejects.toMatchObject({ kind: 'aborted' });
    await expect.poll(() => server.sockets.size, { interval: 2 }).toBe(0);
  });
});

describe('the connection', () => {
  let server: HttpsServer;
  let transport: HttpTransport;

  afterEach(async () => {
    await transport.close();
    await server.stop();
  });

  async function start(protocol: 'h2' | 'http/1.1', streams?: number): Promise<void> {
    server = await HttpsServer.start({ protocol, ...(streams && { streams }) });
    transport = new HttpTransport(new Credentials(async () => loginTo(server.url)), { userAgent: 'test' });
  }

  async function ask(path = '/'): Promise<string> {
    return textOf((await transport.request(get(path), new AbortController().signal)).body);
  }

  it('is one for 50 requests at once, and for those that follow, over HTTP/2', async () => {
    await start('h2');
    await Promise.all(Array.from({ length: 50 }, () => ask()));
    await ask();
    expect([server.requests.length, server.connections]).toEqual([51, 1]);
  });

  it.each([1, 2])(
    'is one of several where each takes %i requests at once, so that no watch waits',
    async (streams) => {
      await start('h2', streams);
      server.answer = (_, answer) => void answer.write('begun');
      const watches = Array.from({ length: 6 }, (_, index) => transport.request(get(`/${index}`), NEVER));
      await Promise.all(watches);
      expect([server.requests.length, server.connections]).toEqual([6, 6 / streams]);
    },
  );

  it('is one of eight at most, and what finds no room has its turn when another ends', async () => {
    await start('h2', 1);
    await Promise.all(Array.from({ length: 20 }, () => ask()));
    expect(server.requests).toHaveLength(20);
    expect(server.connections).toBeLessThanOrEqual(8);
  });

  it('is one for each request over HTTP/1.1, is closed after it, and there are never more than 16 at a time', async () => {
    await start('http/1.1');
    await ask();
    await ask();
    expect(server.connections).toBe(2);
    await expect.poll(() => server.sockets.size, { interval: 2 }).toBe(0);
    let most = 0;
    server.answer = (_, answer) => {
      most = Math.max(most, server.sockets.size);
      setTimeout(() => answer.end('{}'), 5);
    };
    await Promise.all(Array.from({ length: 50 }, () => ask()));
    expect(server.requests).toHaveLength(52);
    expect(most).toBeGreaterThan(4);
    expect(most).toBeLessThanOrEqual(16);
  });

  it('is never one over HTTP/1.1 that the server closes at the moment when it is asked again', async () => {
    await start('http/1.1');
    server.answer = (asked, answer) => {
      answer.setHeader('connection', 'keep-alive');
      answer.end('answered');
      setImmediate(() => setImmediate(() => (asked.socket as { end(): void }).end()));
    };
    for (let n = 0; n < 20; n++) expect(await ask()).toBe('answered');
    expect(server.requests).toHaveLength(20);
  });

  it('leaves none behind that was being made when the transport was closed', async () => {
    await start('http/1.1');
    const asking = [ask(), ask()].map((asked) => expect(asked).rejects.toMatchObject({ kind: 'aborted' }));
    await expect.poll(() => server.connections, { interval: 1 }).toBeGreaterThan(0);
    await Promise.all([transport.close(), transport.close()]);
    await Promise.all(asking);
    await expect.poll(() => server.sockets.size, { interval: 2 }).toBe(0);
  });

  it('is agreed on anew where the server took back all it had given', async () => {
    await start('http/1.1');
    await ask();
    const { port } = server;
    await server.stop();
    server = await HttpsServer.start({ protocol: 'h2', port });
    const versions: string[] = [];
    server.answer = (asked, answer) => {
      versions.push(asked.httpVersion);
      answer.end();
    };
    // The first may still meet what is left of the old ones.
    await ask().catch(() => undefined);
    await ask();
    expect(versions.at(-1)).toBe('2.0');
  });

  it('is left to end after a GOAWAY, while new requests take another', async () => {
    await start('h2');
    server.answer = (asked, answer) => {
      answer.write('first');
      if ('stream' in asked) asked.stream.session?.goaway(0);
      setTimeout(() => answer.end(' last'), 20);
    };
    const { body } = await transport.request(get('/?watch=true'), NEVER);
    const watched = textOf(body);
    await new Promise((resolve) => setTimeout(resolve, 10));
    server.answer = (_, answer) => void answer.end('{}');
    expect(await ask('/after')).toBe('{}');
    expect(await watched).toBe('first last');
    expect(server.connections).toBe(2);
  });
});
