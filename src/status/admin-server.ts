import { mkdir, rm } from 'node:fs/promises';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { TimeSlice } from '../model/clock.js';
import {
  ADMIN_PROTOCOL,
  isEndless,
  LONGEST_ANSWER_MILLISECONDS,
  mismatchText,
  PROTOCOL_HEADER,
  protocolIn,
  ROWS_TYPE,
  VERSION_HEADER,
} from './admin-protocol.js';
import {
  ConnectionLimit,
  DEFAULT_HTTP_LIMITS,
  type HttpLimits,
  limitedServer,
} from './http/limited-server.js';

/**
 * What a path of the admin socket answers: a value, a text as it is, or rows, a few at a time. Rows are written as they
 * come, and made only as fast as the client reads.
 */
type AdminRoute = (query: URLSearchParams) => Promise<unknown> | AsyncIterable<readonly unknown[]>;

interface ServerParts {
  readonly routes: Readonly<Record<string, AdminRoute>>;
  /** Of this program. */
  readonly version: string;
  /** Milliseconds for a whole answer, unless it follows what comes. */
  readonly longestAnswer?: number;
}

/** Another agent answers on the socket: two writers would undo each other's work. */
export class AdminSocketTaken extends Error {
  override readonly name = 'AdminSocketTaken';
}

/** Only root can connect. A report of thousands of Services takes its time. */
const LIMITS: HttpLimits = { ...DEFAULT_HTTP_LIMITS, connections: 32, silence: 120_000 };

/**
 * The socket that the commands ask: HTTP over a unix socket that only root may open. It changes nothing; a broken
 * client costs one connection.
 */
export class AdminServer {
  readonly #path: string;
  readonly #server: Server;

  constructor(path: string, parts: ServerParts) {
    this.#path = path;
    this.#server = limitedServer(
      LIMITS,
      new ConnectionLimit(LIMITS),
      (request, response) => void answer(request, response, parts),
    );
  }

  /** Rejects with AdminSocketTaken where another agent listens; a socket left by a crash is replaced. */
  async listen(): Promise<void> {
    if (await isAnswered(this.#path))
      throw new AdminSocketTaken(`another agent is running: it answers on ${this.#path}`);
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o755 });
    await rm(this.#path, { force: true });
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      // No moment in which others than root could connect.
      const before = process.umask(0o177);
      this.#server.listen(this.#path, resolve);
      process.umask(before);
    });
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

async function answer(request: IncomingMessage, response: ServerResponse, parts: ServerParts): Promise<void> {
  const { routes, version, longestAnswer = LONGEST_ANSWER_MILLISECONDS } = parts;
  const command = protocolIn(request.headers[PROTOCOL_HEADER]);
  response.setHeader(PROTOCOL_HEADER, ADMIN_PROTOCOL);
  response.setHeader(VERSION_HEADER, version);
  if (command !== ADMIN_PROTOCOL)
    return refuse(response, 400, mismatchText(version, ADMIN_PROTOCOL, command));
  if (request.method !== 'GET') return refuse(response, 405, 'nothing can be changed here; use GET');
  const [path = '', query = ''] = (request.url ?? '').split('?', 2);
  const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
  if (route === undefined)
    return refuse(response, 404, `no such path; there is ${Object.keys(routes).join(', ')}`);
  const asked = new URLSearchParams(query);
  // Who takes a piece now and then keeps what the rows are made of in memory.
  const limit = isEndless(asked.get('follow')) ? undefined : AbortSignal.timeout(longestAnswer);
  try {
    await send(response, 200, await route(asked), limit);
  } catch (error) {
    await refuse(response, 500, error instanceof Error ? error.message : String(error));
  }
}

function refuse(response: ServerResponse, status: number, error: string): Promise<void> {
  return send(response, status, { error });
}

// A client that goes while it is answered is no failure of ours. Rows that end early close the connection in
// mid-answer.
async function send(
  response: ServerResponse,
  status: number,
  body: unknown,
  limit?: AbortSignal,
): Promise<void> {
  const { type, pieces } = written(body);
  response.writeHead(status, { 'content-type': type, connection: 'close' });
  await pipeline(pieces, response, { ...(limit && { signal: limit }) }).catch(() => response.destroy());
}

function written(body: unknown): {
  readonly type: string;
  readonly pieces: AsyncIterable<string> | Iterable<string>;
} {
  if (typeof body === 'string') return { type: 'text/plain; charset=utf-8', pieces: [body] };
  const isRows = typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
  return isRows
    ? { type: ROWS_TYPE, pieces: rowsText(body as AsyncIterable<readonly unknown[]>) }
    : { type: 'application/json', pieces: jsonText(body) };
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** Characters of one piece, about: few writes, and none that holds the process up. */
const PIECE = 64 * 1024;

/**
 * The text of JSON.stringify in pieces, the lists of the outermost object item by item: as a whole the report of 10,000
 * Services has 12 MB, which would be in memory twice and hold the process up for a tenth of a second.
 */
export async function* jsonText(value: unknown): AsyncGenerator<string> {
  const slice = new TimeSlice(performance);
  let piece = '';
  for (const part of partsOf(value)) {
    piece += part;
    if (piece.length < PIECE) continue;
    yield piece;
    piece = '';
    if (slice.over) await slice.yieldTurn();
  }
  yield piece;
}

function* partsOf(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    yield JSON.stringify(value);
    return;
  }
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  let before = '{';
  for (const [name, field] of fields) {
    yield `${before}${JSON.stringify(name)}:`;
    yield* Array.isArray(field) ? itemsOf(field) : [JSON.stringify(field)];
    before = ',';
  }
  yield fields.length === 0 ? '{}' : '}';
}

function* itemsOf(list: readonly unknown[]): Generator<string> {
  let before = '[';
  for (const item of list) {
    yield `${before}${JSON.stringify(item) ?? 'null'}`;
    before = ',';
  }
  yield list.length === 0 ? '[]' : ']';
}

/** Rows as lines of JSON, those of one batch in one piece; of an empty batch an empty line, as a sign of life. */
async function* rowsText(batches: AsyncIterable<readonly unknown[]>): AsyncGenerator<string> {
  for await (const rows of batches) {
    let piece = '';
    for (const row of rows) piece += `${JSON.stringify(row)}\n`;
    yield piece === '' ? '\n' : piece;
  }
}
