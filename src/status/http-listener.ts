import { createServer, type Server } from 'node:http';
import { type BindAddress, bindAddressText } from './bind-address.js';
import { type Responder, respond } from './http-answer.js';
import type { StatusClock } from './status-clock.js';

/** Nobody can listen there: another process does, or the address is not ours. */
export class ListenFailure extends Error {
  override readonly name = 'ListenFailure';
  /** errno's name, `EADDRINUSE`. */
  readonly code: string;

  constructor(address: BindAddress, cause: Error & { readonly code?: string }) {
    super(`cannot listen on ${bindAddressText(address)} (${cause.code ?? cause.message})`, { cause });
    this.code = cause.code ?? '';
  }
}

/** What one client may cost. Probes and scrapes need far less; who exceeds it loses the connection. */
export interface HttpLimits {
  /** Bytes of a request's header; beyond it the answer is 431. */
  readonly headerSize: number;
  /** Milliseconds for the header to arrive, and for the request as a whole; then the answer is 408. */
  readonly headerTime: number;
  readonly requestTime: number;
  /** How often the two are checked: a timer for each server, so that an idle agent should have it seldom. */
  readonly sweep: number;
  /** Milliseconds without a byte in either direction. */
  readonly silence: number;
  /** Connections at one time; further ones are closed at once. */
  readonly connections: number;
}

export const DEFAULT_HTTP_LIMITS: HttpLimits = {
  headerSize: 8 * 1024,
  headerTime: 5_000,
  requestTime: 10_000,
  sweep: 15_000,
  silence: 30_000,
  connections: 128,
};

/** How long until a port that could not be had is tried again, as in kube-proxy. */
const RETRY_MILLISECONDS = 5_000;

export interface ListenerParts {
  readonly address: BindAddress;
  readonly responder: Responder;
  readonly clock: StatusClock;
  /** Called at the first failure and when another follows for another reason; not at each attempt. */
  readonly failed: (failure: ListenFailure) => void;
  readonly limits?: HttpLimits;
}

/** One HTTP server at one address, which keeps trying to be there until it is closed. */
export class HttpListener {
  readonly #parts: ListenerParts;
  #server: Server | undefined;
  #failure: ListenFailure | undefined;
  #closed = false;
  #cancelRetry: () => void = () => undefined;

  constructor(parts: ListenerParts) {
    this.#parts = parts;
  }

  /** Why nobody can reach it now; undefined while it listens. */
  get failure(): ListenFailure | undefined {
    return this.#failure;
  }

  /** The port in use; undefined while it does not listen. */
  get port(): number | undefined {
    const address = this.#server?.address();
    return typeof address === 'object' ? address?.port : undefined;
  }

  /** One attempt; rejects with ListenFailure. */
  async open(): Promise<void> {
    const server = this.#newServer();
    try {
      await listen(server, this.#parts.address);
    } catch (error) {
      throw new ListenFailure(this.#parts.address, error as Error);
    }
    if (this.#closed) return close(server);
    this.#server = server;
    this.#failure = undefined;
    server.on('error', (error) => this.#lost(server, error));
  }

  /** Tries until it listens. Resolves after the first attempt. */
  async keepOpen(): Promise<void> {
    try {
      await this.open();
    } catch (error) {
      this.#failedWith(error as ListenFailure);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelRetry();
    const server = this.#server;
    this.#server = undefined;
    if (server !== undefined) await close(server);
  }

  #newServer(): Server {
    const { responder, limits = DEFAULT_HTTP_LIMITS } = this.#parts;
    const server = createServer(
      {
        maxHeaderSize: limits.headerSize,
        headersTimeout: limits.headerTime,
        requestTimeout: limits.requestTime,
        connectionsCheckingInterval: limits.sweep,
      },
      (request, response) => void respond(responder, request, response),
    );
    server.timeout = limits.silence;
    server.maxConnections = limits.connections;
    return server;
  }

  #lost(server: Server, error: Error): void {
    if (this.#server !== server) return;
    this.#server = undefined;
    void close(server);
    this.#failedWith(new ListenFailure(this.#parts.address, error));
  }

  #failedWith(failure: ListenFailure): void {
    if (this.#closed) return;
    const isNews = failure.code !== this.#failure?.code;
    this.#failure = failure;
    this.#cancelRetry = this.#parts.clock.after(RETRY_MILLISECONDS, () => void this.keepOpen());
    if (isNews) this.#parts.failed(failure);
  }
}

function listen(server: Server, { host, port }: BindAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
