import { describe, expect, it } from 'vitest';
import {
  type ApiResponse,
  type ApiTransport,
  TransportError,
} from '../../src/kubernetes/transport/api-transport.js';
import { CountingTransport } from '../../src/kubernetes/transport/http-transport.js';

describe('requests to the API server', () => {
  it('are counted by method and by how they end, and their answers passed on', async () => {
    const lost = new TransportError('lost', 'the connection broke.');
    const answers = [200, 200, 410, lost];
    const inner: ApiTransport = {
      async request(): Promise<ApiResponse> {
        const answer = answers.shift();
        if (typeof answer !== 'number') throw answer;
        return { status: answer, headers: {}, body: (async function* () {})() };
      },
      isReachable: async () => true,
      close: async () => undefined,
    };
    const transport = new CountingTransport(inner, 'api:6443');
    const ask = (method: 'GET' | 'POST') =>
      transport.request({ method, path: '/' }, new AbortController().signal).then(
        ({ status }) => status,
        (error: unknown) => error,
      );
    expect([await ask('GET'), await ask('GET'), await ask('GET'), await ask('POST')]).toEqual([
      200,
      200,
      410,
      lost,
    ]);
    expect([...transport.statistics]).toEqual([
      { method: 'GET', code: '200', host: 'api:6443', count: 2 },
      { method: 'GET', code: '410', host: 'api:6443', count: 1 },
      { method: 'POST', code: '<error>', host: 'api:6443', count: 1 },
    ]);
  });
});
