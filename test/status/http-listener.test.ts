import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { byPath, type HttpRoute, textAnswer } from '../../src/status/http/http-answer.js';
import { HttpListener, type ListenFailure } from '../../src/status/http/http-listener.js';
import { DEFAULT_HTTP_LIMITS, type HttpLimits } from '../../src/status/http/limited-server.js';
import { ask } from '../support/http.js';
import { HandStatusClock } from '../support/status-clock.js';

const open: HttpListener[] = [];

interface Conditions {
  readonly failed?: (failure: ListenFailure) => void;
  readonly limits?: Partial<HttpLimits> | undefined;
}

function listenerAt(port: number, { failed = () => undefined, limits = {} }: Conditions = {}) {
  const clock = new HandStatusClock();
  const listener = new HttpListener({
    address: { host: '127.0.0.1', port },
    responder: byPath(
      new Map<string, HttpRoute>([
        ['/ok', () => textAnswer(200, 'ok')],
        ['/broken', () => Promise.reject(new Error('no kernel'))],
      ]),
    ),
    clock,
    failed,
    limits: { ...DEFAULT_HTTP_LIMITS, ...limits },
  });
  open.push(listener);
  return { listener, clock };
}

async function listening(limits?: Partial<HttpLimits>) {
  const { listener } = listenerAt(0, { limits });
  await listener.open();
  return { listener, port: listener.port ?? 0 };
}

/** What a client gets that sends these bytes and then waits for the end. */
function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    let received = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.on('data', (piece) => {
      received += piece;
    });
    socket.on('error', () => undefined).on('close', () => resolve(received.split('\r\n')[0] ?? ''));
  });
}

afterEach(() => Promise.all(open.splice(0).map((listener) => listener.close())));

describe('a status server', () => {
  it('answers GET and HEAD, with the length and without a body for HEAD', async () => {
    const { port } = await listening();
    expect(await ask(port, '/ok')).toMatchObject({ status: 200, body: 'ok' });
    expect(await ask(port, '/ok', 'HEAD')).toMatchObject({
      status: 200,
      body: '',
      headers: { 'content-length': '2' },
    });
  });

  it('names its paths to who asks for another, and refuses methods that change things', async () => {
    const { port } = await listening();
    expect(await ask(port, '/debug/pprof')).toMatchObject({
      status: 404,
      body: 'no such path; there is /ok, /broken\n',
    });
    expect(await ask(port, '/ok', 'POST')).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
  });

  it('answers 500 where the answer cannot be made, and goes on', async () => {
    const { port } = await listening();
    expect(await ask(port, '/broken')).toMatchObject({ status: 500, body: 'no kernel\n' });
    expect((await ask(port, '/ok')).status).toBe(200);
  });

  it.each([
    ['no HTTP', '\u0000\u0001\u0002\r\n\r\n', 'HTTP/1.1 400 Bad Request'],
    [
      'a huge header',
      `GET /ok HTTP/1.1\r\nX: ${'x'.repeat(9_000)}\r\n\r\n`,
      'HTTP/1.1 431 Request Header Fields Too Large',
    ],
  ])('ends the connection of a client that sends %s', async (_, text, answer) => {
    const { port } = await listening();
    expect(await raw(port, text)).toBe(answer);
  });

  it('ends the connection of a client that sends a header that never ends', async () => {
    const { port } = await listening({ headerTime: 20, requestTime: 20, sweep: 20 });
    expect(await raw(port, 'GET /ok HTTP/1.1\r\nHost')).toBe('HTTP/1.1 408 Request Timeout');
  });

  it('tries a taken port again every 5 seconds and reports it once', async () => {
    const { listener: first, port } = await listening();
    const reported: string[] = [];
    const { listener, clock } = listenerAt(port, {
      failed: (failure) => reported.push(failure.message),
    });
    await listener.keepOpen();
    expect(clock.next).toBe(5_000);
    clock.advance(5_000);
    await untilTimerSet(clock);
    expect(reported).toEqual([`cannot listen on 127.0.0.1:${port} (EADDRINUSE)`]);
    await first.close();
    clock.advance(5_000);
    await until(() => listener.port !== undefined);
    expect(listener.failure).toBeUndefined();
    expect((await ask(port, '/ok')).status).toBe(200);
  });

  it('stays closed when it is closed while it waits for its port', async () => {
    const { port } = await listening();
    const { listener, clock } = listenerAt(port);
    await listener.keepOpen();
    await listener.close();
    expect(clock.next).toBeUndefined();
  });
});

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

function untilTimerSet(clock: HandStatusClock): Promise<void> {
  return until(() => clock.next !== undefined);
}
