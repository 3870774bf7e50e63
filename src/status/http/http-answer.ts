import type { IncomingMessage, ServerResponse } from 'node:http';

export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a path answers to whoever accepts these media types. It is asked anew for each request. */
export type HttpRoute = (asked: { readonly accept?: string | undefined }) => HttpAnswer | Promise<HttpAnswer>;

export type Responder = (request: IncomingMessage) => HttpAnswer | Promise<HttpAnswer>;

export function textAnswer(status: number, body: string): HttpAnswer {
  return { status, contentType: 'text/plain; charset=utf-8', body };
}

export function jsonAnswer(status: number, body: unknown): HttpAnswer {
  return { status, contentType: 'application/json', body: JSON.stringify(body) };
}

/** Answers by path, to GET and HEAD only; what follows a `?` is not looked at. */
export function byPath(routes: ReadonlyMap<string, HttpRoute>): Responder {
  return ({ url = '', method, headers }) => {
    const route = routes.get(url.split('?', 1)[0] ?? '');
    if (route === undefined)
      return textAnswer(404, `no such path; there is ${[...routes.keys()].join(', ')}\n`);
    if (method === 'GET' || method === 'HEAD') return route({ accept: headers.accept });
    const refusal = textAnswer(405, `${method} changes nothing here; use GET\n`);
    return { ...refusal, headers: { allow: 'GET, HEAD' } };
  };
}

/** Sends what the responder says; where it fails, the client learns that and the server goes on. */
export async function respond(
  responder: Responder,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let answer: HttpAnswer;
  try {
    answer = await responder(request);
  } catch (error) {
    answer = textAnswer(500, `${error instanceof Error ? error.message : String(error)}\n`);
  }
  response.writeHead(answer.status, {
    'content-type': answer.contentType,
    'x-content-type-options': 'nosniff',
    'content-length': Buffer.byteLength(answer.body),
    // One request a connection: who keeps connections open would take them from probes.
    connection: 'close',
    ...answer.headers,
  });
  response.end(answer.body);
}
