import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import type { Login } from '../login/login.js';
import type { TransportError } from './api-transport.js';
import type { Answer, Call, Connection, TransportSettings } from './connection.js';
import { dial } from './dial.js';
import { Exchange, flatHeaders, ResponseBody, unlessAborted } from './exchange.js';
import { bareHost, portOf } from './server-address.js';
import { ServerFailures } from './transport-failure.js';

/** Four watches, a listing, an Event, a bare look, and as many again for a new login. */
const MOST_REQUESTS = 16;

/** Times as long as HTTP/2 needs to find a dead path: 90 s, as the API server sends bookmarks once a minute. */
const SILENCE_FACTOR = 2;

/**
 * A connection for each HTTP/1.1 request, closed at its end: one that is kept may be dead when it is used again, and
 * nearly everything that is asked for is a watch, which has a connection for itself anyway. HTTP/1.1 has no PING. The
 * kernel's keep-alive probes break a connection whose path is dead; one that a proxy has forgotten, or a server that
 * hangs though its kernel answers, shows by silence alone. A bookmark comes once a minute, so a quiet watch is begun
 * anew.
 */
export class Http1Connection implements Connection {
  /** It makes connections of its own, as many as it may. */
  readonly hasRoom = true;
  readonly ready = Promise.resolve();
  readonly #login: Login;
  readonly #server: ServerFailures;
  readonly #settings: TransportSettings;
  readonly #ended: () => void;
  /** That on which the server chose HTTP/1.1, until the first request takes it. */
  #first: Socket | undefined;
  readonly #sockets = new Set<Socket>();
  /** Requests that have a place among the most there may be. */
  #underWay = 0;
  readonly #waiting = new Set<() => void>();
  #open = true;
  #reason: TransportError | undefined;

  constructor(first: Socket, login: Login, settings: TransportSettings, ended: () => void) {
    this.#login = login;
    this.#server = new ServerFailures(login);
    this.#settings = settings;
    this.#ended = ended;
    this.#first = this.#counted(first);
  }

  /** Where no connection is left the next one may as well be HTTP/2. */
  get open(): boolean {
    return this.#open && (this.#underWay > 0 || this.#first?.destroyed === false);
  }

  async send(call: Call, signal: AbortSignal): Promise<Answer> {
    while (this.#underWay >= MOST_REQUESTS) await this.#oneIsOver(signal);
    const request = await this.#begin(call, signal);
    const end = (reason: TransportError) => void request.destroy(reason);
    const exchange = new Exchange(request, { signal, server: this.#server, end, ...this.#settings });
    return exchange.run((message: IncomingMessage) => this.#answer(request, message, exchange));
  }

  retire(): void {
    this.#open = false;
    if (this.#underWay === 0) this.#end();
  }

  destroy(reason: TransportError): void {
    this.#reason ??= reason;
    this.#end();
  }

  async #oneIsOver(signal: AbortSignal): Promise<void> {
    let wake = () => {};
    const woken = new Promise<void>((resolve) => {
      wake = resolve;
    });
    this.#waiting.add(wake);
    await unlessAborted(woken, signal).finally(() => this.#waiting.delete(wake));
  }

  async #begin(call: Call, signal: AbortSignal): Promise<ClientRequest> {
    this.#underWay++;
    try {
      const socket = await this.#socket(signal);
      socket.once('close', () => this.#over());
      return this.#request(call, socket);
    } catch (error) {
      this.#over();
      throw this.#reason ?? error;
    }
  }

  async #socket(signal: AbortSignal): Promise<Socket> {
    const first = this.#first;
    this.#first = undefined;
    if (first !== undefined && !first.destroyed) return first;
    const dialling = this.#dial();
    try {
      return await unlessAborted(dialling, signal);
    } catch (error) {
      // Nobody waits for it any more.
      dialling.then(
        (socket) => socket.destroy(),
        () => undefined,
      );
      throw error;
    }
  }

  // Where it fails the next request begins anew, with all protocols: the server may have been replaced.
  async #dial(): Promise<Socket> {
    try {
      return this.#counted((await dial(this.#login, ['http/1.1'], this.#settings)).socket);
    } catch (error) {
      this.#open = false;
      throw error;
    }
  }

  #counted(socket: Socket): Socket {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    socket.setTimeout(SILENCE_FACTOR * (this.#settings.readIdle + this.#settings.pongDeadline), () =>
      socket.destroy(this.#server.quiet()),
    );
    // It may have been under way when everything was ended.
    if (this.#reason !== undefined) socket.destroy(this.#reason);
    return socket;
  }

  #request({ method, path, headers, body }: Call, socket: Socket): ClientRequest {
    const { server } = this.#login;
    const call = request({
      method,
      path,
      headers: { host: server.host, connection: 'close', ...headers },
      createConnection: () => socket,
      host: bareHost(server),
      port: portOf(server),
    });
    call.once('close', () => socket.destroy());
    call.end(body);
    return call;
  }

  #answer(call: ClientRequest, message: IncomingMessage, exchange: Exchange): Answer {
    const body = new ResponseBody(message, message.headers['content-encoding'], {
      cancel: () => {
        if (!message.readableEnded) call.destroy();
      },
      complete: () => message.complete,
      failure: (error) => exchange.failure(this.#reason ?? error),
    });
    return { status: message.statusCode ?? 0, headers: flatHeaders(message.headers), body };
  }

  #over(): void {
    this.#underWay--;
    for (const wake of this.#waiting) wake();
    if (this.#underWay === 0 && this.#waiting.size === 0) this.#end();
  }

  #end(): void {
    this.#open = false;
    for (const socket of this.#sockets) socket.destroy(this.#reason);
    this.#ended();
  }
}
