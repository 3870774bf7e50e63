import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TransportError } from './api-transport.js';
import type { Answer, Call, Connection } from './connection.js';
import { dial } from './dial.js';
import { Exchange, unlessAborted } from './exchange.js';
import { flatHeaders } from './flat-headers.js';
import type { Login } from './login.js';
import { ResponseBody } from './response-body.js';
import { bareHost, portOf } from './server-address.js';
import { SilenceWatch } from './silence-watch.js';
import { ServerWords } from './transport-failure.js';
import type { TransportSettings } from './transport-settings.js';

/** A watch takes one for itself: four watches, a list, an event, a probe, and as many again for a new login. */
const MOST_SOCKETS = 16;

/**
 * A few HTTP/1.1 connections, kept for the next request. HTTP/1.1 has no PING, so silence is met twice: the kernel's
 * keep-alive probes break the connection whose path is dead, and when all of them are quiet the server is asked for its
 * version, which finds one that hangs though its kernel still answers.
 */
export class Http1Connection implements Connection {
  readonly #agent: DialAgent;
  readonly #login: Login;
  readonly #server: ServerWords;
  readonly #settings: TransportSettings;
  readonly #silence: SilenceWatch;
  readonly #ended: () => void;
  readonly #underWay = new Set<ClientRequest>();
  readonly #waiting = new Set<() => void>();
  #headers: Call['headers'] = {};
  #open = true;
  #reason: TransportError | undefined;

  /** `first` is the connection on which the server chose HTTP/1.1. */
  constructor(first: Socket, login: Login, settings: TransportSettings, ended: () => void) {
    const again = async () => (await dial(login, ['http/1.1'], settings)).socket;
    this.#agent = new DialAgent(first, again, settings.readIdle);
    this.#login = login;
    this.#server = new ServerWords(login);
    this.#settings = settings;
    this.#ended = ended;
    const path = { heard: () => this.#agent.heard, probe: () => this.#probe(), silent: () => this.#silent() };
    this.#silence = new SilenceWatch(path, settings);
  }

  get open(): boolean {
    return this.#open;
  }

  /** A kept connection may be closed by the server at the moment it is used again: a GET is then tried once more. */
  async send(call: Call, signal: AbortSignal): Promise<Answer> {
    // The agent has a limit too, but does not count the connections that are still being made.
    while (this.#underWay.size >= MOST_SOCKETS) await this.#oneIsOver(signal);
    const first = this.#begin(call);
    try {
      return await this.#exchange(first, signal);
    } catch (error) {
      if (!first.reusedSocket || call.method !== 'GET' || signal.aborted || !this.#open) throw error;
      return this.#exchange(this.#begin(call), signal);
    }
  }

  retire(): void {
    this.#open = false;
    if (this.#underWay.size === 0) this.#end();
  }

  destroy(reason: TransportError): void {
    this.#reason = reason;
    for (const call of this.#underWay) call.destroy(reason);
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

  #begin({ method, path, headers, body }: Call): ClientRequest {
    this.#headers = headers;
    const { server } = this.#login;
    const lines = { host: server.host, ...headers };
    const call = request({
      method,
      path,
      headers: lines,
      agent: this.#agent,
      host: bareHost(server),
      port: portOf(server),
    });
    this.#underWay.add(call);
    call.once('close', () => this.#over(call));
    call.end(body);
    return call;
  }

  #exchange(call: ClientRequest, signal: AbortSignal): Promise<Answer> {
    const end = (reason: TransportError) => void call.destroy(reason);
    const exchange = new Exchange(call, { signal, server: this.#server, end, ...this.#settings });
    return exchange.run((message: IncomingMessage) => this.#answer(call, message, exchange));
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

  #over(call: ClientRequest): void {
    this.#underWay.delete(call);
    for (const wake of this.#waiting) wake();
    if (!this.#open && this.#underWay.size === 0) this.#end();
  }

  // A quiet connection that nobody waits for may stay quiet. Any status is a sign of life.
  #probe(): void {
    if (this.#underWay.size === 0) return;
    const path = `${this.#login.server.pathname.replace(/\/$/, '')}/version`;
    const call = this.#begin({ method: 'GET', path, headers: this.#headers, body: undefined });
    call.on('error', () => undefined);
    call.once('response', (message) => message.resume());
  }

  #silent(): void {
    if (this.#underWay.size > 0) this.destroy(this.#server.silent());
  }

  #end(): void {
    this.#open = false;
    this.#silence.stop();
    this.#agent.destroy();
    this.#ended();
  }
}

/** Keeps what it has dialled and counts what comes in. */
class DialAgent extends Agent {
  readonly #dial: () => Promise<Socket>;
  readonly #sockets = new Set<Socket>();
  #first: Socket | undefined;
  #heardBefore = 0;

  // The agent sets the time of the kernel's probes anew whenever it takes a connection back.
  constructor(first: Socket, dialOne: () => Promise<Socket>, keepAliveMsecs: number) {
    super({ keepAlive: true, keepAliveMsecs, maxSockets: MOST_SOCKETS, maxFreeSockets: 4 });
    this.#dial = dialOne;
    this.#first = this.#counted(first);
  }

  /** Bytes received on all of them, those that are gone included. */
  get heard(): number {
    return [...this.#sockets].reduce((sum, { bytesRead }) => sum + bytesRead, this.#heardBefore);
  }

  override createConnection(_options: unknown, done?: (error: Error | null, socket: Duplex) => void) {
    const first = this.#first;
    this.#first = undefined;
    if (first !== undefined && !first.destroyed) return first;
    this.#dial().then(
      (socket) => done?.(null, this.#counted(socket)),
      (error) => (done as (error: Error) => void)(error),
    );
    return undefined;
  }

  override destroy(): void {
    super.destroy();
    this.#first?.destroy();
  }

  #counted(socket: Socket): Socket {
    this.#sockets.add(socket);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#heardBefore += socket.bytesRead;
    });
    return socket;
  }
}
