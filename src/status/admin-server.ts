import { chmod, mkdir, rm } from 'node:fs/promises';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import {
  ConnectionLimit,
  DEFAULT_HTTP_LIMITS,
  type HttpLimits,
  limitedServer,
} from './http/limited-server.js';
import { jsonText } from './json-text.js';

/** What a path of the admin socket answers, as JSON. */
type AdminRoutes = Readonly<Record<string, () => Promise<unknown>>>;

/** Another agent answers on the socket: two writers would undo each other's work. */
export class AdminSocketTaken extends Error {
  override readonly name = 'AdminSocketTaken';
}

/** Only root can connect. A report of thousands of Services takes its time. */
const LIMITS: HttpLimits = { ...DEFAULT_HTTP_LIMITS, connections: 32, silence: 120_000 };

/**
 * The socket that `status` asks: HTTP over a unix socket that only root may open. It changes nothing; a broken client
 * costs one connection.
 */
export class AdminServer {
  readonly #path: string;
  readonly #server: Server;

  constructor(path: string, routes: AdminRoutes) {
    this.#path = path;
    this.#server = limitedServer(
      LIMITS,
      new ConnectionLimit(LIMITS),
      (request, response) => void answer(request, response, routes),
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
      this.#server.listen(this.#path, resolve);
    });
    await chmod(this.#path, 0o600);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  routes: AdminRoutes,
): Promise<void> {
  const route = routes[request.url ?? ''];
  if (route === undefined) {
    await send(response, 404, { error: `no such path; there is ${Object.keys(routes).join(', ')}` });
    return;
  }
  let answered: unknown;
  try {
    answered = await route();
  } catch (error) {
    await send(response, 500, { error: error instanceof Error ? error.message : String(error) });
    return;
  }
  await send(response, 200, answered);
}

// A client that goes while it is answered is no failure of ours.
async function send(response: ServerResponse, status: number, body: unknown): Promise<void> {
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
  await pipeline(jsonText(body), response).catch(() => undefined);
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
