import { setTimeout as sleep } from 'node:timers/promises';
import type { RequestStatistics } from '../../model/watch-statistics.js';
import type { Credentials } from '../login/credentials.js';
import { CredentialsError } from '../login/credentials-error.js';
import { connectionKey, type Login, sameLogin } from '../login/login.js';
import { type ApiRequest, type ApiResponse, type ApiTransport, TransportError } from './api-transport.js';
import {
  type Answer,
  type Call,
  type Connection,
  DEFAULT_TRANSPORT_SETTINGS,
  type TransportSettings,
} from './connection.js';
import { type Dialled, dial, reached } from './dial.js';
import { unlessAborted } from './exchange.js';
import { Http1Connection } from './http1-connection.js';
import { Http2Connection } from './http2-connection.js';

type GivenSettings = Partial<TransportSettings> & Pick<TransportSettings, 'userAgent'>;

/**
 * Of a connection attempt that only shows whether somebody answers. Above 1 s, after which Linux sends a lost SYN again
 * (RFC 6298); a longer one would notice a host that comes back only at the next repetition, after 3 or 7 s.
 */
const PROBE_TIMEOUT = 2_000;

/** A connection that stands or is being made; all requests of one login share it. */
interface OpenedConnection {
  readonly key: string;
  readonly opening: Promise<Connection>;
  connection: Connection | undefined;
}

/**
 * Where one connection carries so few requests that they do not suffice, what is left waits for its turn. Four watches,
 * a look at the Nodes and an Event fit with one request each.
 */
const MOST_CONNECTIONS = 8;

/**
 * The API server over HTTP/2 with one connection, and more only where the server limits the requests on each
 * (SETTINGS_MAX_CONCURRENT_STREAMS); or HTTP/1.1 where it offers no HTTP/2. A changed CA or certificate,
 * a GOAWAY and a broken connection all lead to a new connection at the next request.
 */
export class HttpTransport implements ApiTransport {
  readonly #credentials: Credentials;
  readonly #settings: TransportSettings;
  readonly #connections = new Set<Connection>();
  /** Of the login of now. */
  #opened: OpenedConnection[] = [];
  #closing: Promise<void> | undefined;
  #emptied: () => void = () => undefined;

  constructor(credentials: Credentials, settings: GivenSettings) {
    this.#credentials = credentials;
    this.#settings = { ...DEFAULT_TRANSPORT_SETTINGS, ...settings };
  }

  /** A 401 is passed on only after the credentials have been read anew and are the same, or are refused as well. */
  async request(request: ApiRequest, signal: AbortSignal): Promise<ApiResponse> {
    const login = await this.#login(signal);
    const answer = await this.#send(login, request, signal);
    if (answer.status !== 401) return answer;
    this.#credentials.refuse();
    const renewed = await this.#login(signal);
    if (sameLogin(login, renewed)) return answer;
    answer.body.cancel();
    return this.#send(renewed, request, signal);
  }

  async isReachable(signal: AbortSignal): Promise<boolean> {
    const login = await this.#login(signal).catch(() => undefined);
    if (login === undefined) return true;
    try {
      const socket = await unlessAborted(reached(login, PROBE_TIMEOUT), signal);
      socket.destroy();
      return true;
    } catch {
      return false;
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    this.#opened = [];
    const empty = new Promise<void>((resolve) => {
      this.#emptied = resolve;
    });
    for (const connection of this.#connections) connection.destroy(closedError());
    if (this.#connections.size > 0) await empty;
  }

  async #login(signal: AbortSignal): Promise<Login> {
    try {
      return await unlessAborted(this.#credentials.login(), signal);
    } catch (error) {
      if (!(error instanceof CredentialsError)) throw error;
      throw new TransportError('credentials', error.message);
    }
  }

  async #send(login: Login, request: ApiRequest, signal: AbortSignal): Promise<Answer> {
    try {
      let connection = await unlessAborted(this.#current(login).opening, signal);
      // It may have closed or been filled by others since it was chosen. A server that closes each is not asked for
      // ever.
      for (let more = 0; more < MOST_CONNECTIONS && !takesMore(connection); more++)
        connection = await unlessAborted(this.#current(login).opening, signal);
      return await connection.send(this.#call(login, request), signal);
    } catch (error) {
      // A CA or certificate may have been replaced a moment ago: look at the files before the next attempt.
      if (error instanceof TransportError && error.kind === 'tls') this.#credentials.refuse();
      throw error;
    }
  }

  /** What takes a request at once, or will perhaps; where there are no more to be had, whose turn it is to wait. */
  #current(login: Login): OpenedConnection {
    const key = connectionKey(login);
    this.#keep((opened) => opened.key === key && opened.connection?.open !== false);
    const free = this.#opened.find(({ connection }) => connection === undefined || takesMore(connection));
    if (free !== undefined) return free;
    return this.#opened.length < MOST_CONNECTIONS
      ? this.#begin(login, key)
      : (this.#opened[0] as OpenedConnection);
  }

  #keep(isWanted: (opened: OpenedConnection) => boolean): void {
    const others = this.#opened.filter((opened) => !isWanted(opened));
    this.#opened = this.#opened.filter(isWanted);
    for (const { connection } of others) connection?.retire();
  }

  #begin(login: Login, key: string): OpenedConnection {
    const opened: OpenedConnection = { key, opening: this.#open(login), connection: undefined };
    this.#opened.push(opened);
    opened.opening.then(
      (connection) => {
        opened.connection = connection;
        if (!this.#opened.includes(opened)) connection.retire();
      },
      () => this.#keep((other) => other !== opened),
    );
    return opened;
  }

  async #open(login: Login): Promise<Connection> {
    if (this.#closing !== undefined) throw closedError();
    const connection = this.#kept(await dial(login, ['h2', 'http/1.1'], this.#settings), login);
    try {
      await Promise.race([connection.ready, sleep(this.#settings.connectTimeout, undefined, { ref: false })]);
    } catch (error) {
      throw this.#closing === undefined ? error : closedError();
    }
    return connection;
  }

  #kept({ socket, protocol }: Dialled, login: Login): Connection {
    if (this.#closing !== undefined) {
      socket.destroy();
      throw closedError();
    }
    const Kind = protocol === 'h2' ? Http2Connection : Http1Connection;
    const connection: Connection = new Kind(socket, login, this.#settings, () => this.#forget(connection));
    this.#connections.add(connection);
    return connection;
  }

  #forget(connection: Connection): void {
    this.#connections.delete(connection);
    if (this.#connections.size === 0) this.#emptied();
  }

  #call({ server, headers, gzip }: Login, request: ApiRequest): Call {
    const { method, path, body, contentType, accept = 'application/json' } = request;
    const type = contentType ?? (method === 'PATCH' ? 'application/merge-patch+json' : 'application/json');
    return {
      method,
      path: `${server.pathname.replace(/\/$/, '')}${path}`,
      headers: {
        accept,
        'user-agent': this.#settings.userAgent,
        ...(gzip ? { 'accept-encoding': 'gzip' } : {}),
        ...(body === undefined ? {} : { 'content-type': type }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    };
  }
}

function takesMore({ open, hasRoom }: Connection): boolean {
  return open && hasRoom;
}

function closedError(): TransportError {
  return new TransportError('aborted', 'the transport was closed');
}

/** What client-go writes where no answer came. */
const NO_ANSWER = '<error>';

/** A transport in front of another that counts how requests end. A watch counts once, when it is answered. */
export class CountingTransport implements ApiTransport {
  readonly #inner: ApiTransport;
  readonly #host: string;
  readonly #counts = new Map<string, RequestStatistics>();

  /** `host`: the server, `host:port`. */
  constructor(inner: ApiTransport, host: string) {
    this.#inner = inner;
    this.#host = host;
  }

  /** One for each method and status so far. */
  get statistics(): Iterable<RequestStatistics> {
    return this.#counts.values();
  }

  async request(request: ApiRequest, signal: AbortSignal): Promise<ApiResponse> {
    try {
      const response = await this.#inner.request(request, signal);
      this.#count(request.method, String(response.status));
      return response;
    } catch (error) {
      this.#count(request.method, NO_ANSWER);
      throw error;
    }
  }

  isReachable(signal: AbortSignal): Promise<boolean> {
    return this.#inner.isReachable(signal);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  #count(method: ApiRequest['method'], code: string): void {
    const key = `${method} ${code}`;
    const count = (this.#counts.get(key)?.count ?? 0) + 1;
    this.#counts.set(key, { method, code, host: this.#host, count });
  }
}
