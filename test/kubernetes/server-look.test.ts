import { describe, expect, it } from 'vitest';
import { lookAtServer } from '../../src/kubernetes/server-look.js';
import {
  type ApiResponse,
  type ApiTransport,
  TransportError,
} from '../../src/kubernetes/transport/api-transport.js';
import { HandClock } from '../support/hand-clock.js';

const DATE = 'Sun, 29 Nov 2026 08:00:00 GMT';
const SERVER_TIME = Date.parse(DATE);

function transportOf(request: ApiTransport['request']): ApiTransport {
  return { request, isReachable: async () => true, close: async () => undefined };
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

function answer(status: number, date?: string): ApiResponse {
  return { status, headers: { date }, body: nothing() };
}

describe('a look at the API server', () => {
  it('tells how far the clock of this node is ahead, and how exact that is', async () => {
    const clock = new HandClock();
    const transport = transportOf(async () => answer(200, DATE));
    const look = await lookAtServer({ transport, clock, wallTime: () => SERVER_TIME + 30_500 });
    expect(look).toEqual({
      status: 200,
      milliseconds: 0,
      clockAhead: 30,
      uncertainty: 0.5,
      failure: undefined,
    });
  });

  it('knows no time from an answer without a date, and counts a refusal as an answer', async () => {
    const transport = transportOf(async () => answer(403));
    const look = await lookAtServer({ transport, clock: new HandClock(), wallTime: () => 0 });
    expect(look).toMatchObject({ status: 403, clockAhead: undefined, failure: undefined });
  });

  it('says why there was no answer', async () => {
    const transport = transportOf(async () => {
      throw new TransportError('connect', '192.0.2.1:6443 refuses connections');
    });
    const look = await lookAtServer({ transport, clock: new HandClock(), wallTime: () => 0 });
    expect(look).toMatchObject({ status: 0, failure: '192.0.2.1:6443 refuses connections' });
  });

  it('waits three seconds and no longer', async () => {
    const clock = new HandClock();
    const transport = transportOf(
      (_, signal) =>
        new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(new Error('aborted'))),
        ),
    );
    const looking = lookAtServer({ transport, clock, wallTime: () => 0 });
    await clock.advance(3_000);
    expect(await looking).toMatchObject({ status: 0, failure: 'no answer within 3 s' });
  });
});
