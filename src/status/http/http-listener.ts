import type { Server } from 'node:http';
import type { StatusClock } from '../../model/clock.js';
import { type Responder, respond } from './http-answer.js';
import { ConnectionLimit, DEFAULT_HTTP_LIMITS, type HttpLimits, limitedServer } from './limited-server.js';

/** The address cannot be listened on: another process does, or it is not this node's. */
export class ListenFailure extends Error {
  override readonly name = 'ListenFailure';
  /** errno's name, `EADDRINUSE`. */
  readonly code: string;

  constructor(address: BindAddress, cause: Error & { readonly code?: string }) {
    super(`cannot listen on ${bindAddressText(address)} (${cause.code ?? cause.message})`, { cause });
    this.code = cause.code ?? '';
  }

  /** As the kind of a problem: another program's port is a conflict. */
  get kind(): 'conflict' | 'kernel' {
    return this.code === 'EADDRINUSE' ? 'conflict' : 'kernel';
  }

  /** What would mend it; the attempts go on meanwhile. */
  get remedy(): string {
    const act = this.code === 'EADDRINUSE' ? IN_USE : 'Correct the address';
    return `${act}; it is tried again every ${RETRY_MILLISECONDS / 1000} seconds.`;
  }
}

const IN_USE =
  'Find out which program has the port (ss -ltnp), often a kube-proxy that still runs, and stop it';

/** How long until a port that could not be had is tried again, as in kube-proxy. */
const RETRY_MILLISECONDS = 5_000;

interface ListenerParts {
  readonly address: BindAddress;
  readonly responder: Responder;
  readonly clock: StatusClock;
  /** Called at the first failure and when another follows for another reason; not at each attempt. */
  readonly failed: (failure: ListenFailure) => void;
  /** It listens again after a failure. */
  readonly recovered?: () => void;
  readonly limits?: HttpLimits;
  /** Several listeners may share one; otherwise each has its own. */
  readonly connections?: ConnectionLimit | undefined;
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

  /** Why it does not listen now; undefined while it does. */
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
    server.on('error', (error) => this.#lost(server, error));
    if (this.#failure === undefined) return;
    this.#failure = undefined;
    this.#parts.recovered?.();
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
    const { responder, limits = DEFAULT_HTTP_LIMITS, connections } = this.#parts;
    return limitedServer(
      limits,
      connections ?? new ConnectionLimit(limits),
      (request, response) => void respond(responder, request, response),
    );
  }

  #lost(server: Server, error: Error): void {
    if (this.#server !== server) return;
    this.#server = undefined;
    void close(server);
    this.#failedWith(new ListenFailure(this.#parts.address, error));
  }

  #failedWith(failure: ListenFailure): void {
    if (this.#closed) return;
    const isAnother = failure.code !== this.#failure?.code;
    this.#failure = failure;
    this.#cancelRetry = this.#parts.clock.after(RETRY_MILLISECONDS, () => void this.keepOpen());
    if (isAnother) this.#parts.failed(failure);
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

/** Where a server listens. */
interface BindAddress {
  /** Undefined: every address of the machine, of both families where it has both. */
  readonly host: string | undefined;
  /** 0: one that is free. */
  readonly port: number;
}

/**
 * `0.0.0.0:10256`, `[::1]:10249` or `:10249` as a place to listen; undefined for the empty text, which switches a
 * server off. Go listens on both families for `0.0.0.0` and for `[::]` alike, so kube-proxy's configurations mean that
 * by either.
 */
export function bindAddress(text: string): BindAddress | undefined {
  if (text === '') return undefined;
  const match = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65535)
    throw new RangeError(`'${text}' is no address to listen on. Write it as 0.0.0.0:10256 or [::]:10256.`);
  const host = match[1] ?? match[2] ?? '';
  return { host: EVERYWHERE.has(host) ? undefined : host, port };
}

const EVERYWHERE: ReadonlySet<string> = new Set(['', '0.0.0.0', '::']);

export function bindAddressText({ host = '*', port }: BindAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
