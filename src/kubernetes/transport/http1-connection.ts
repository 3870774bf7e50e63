import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import type { Login } from '../login/login.js';
import { SilenceWatch } from '../watch/silence-watch.js';
import type { TransportError } from './api-transport.js';
import type { Answer, Call, Connection } from './connection.js';
import { dial } from './dial.js';
import { DialAgent } from './dial-agent.js';
import { Exchange, unlessAborted } from './exchange.js';
import { flatHeaders } from './flat-headers.js';
import { ResponseBody } from './response-body.js';
import { bareHost, portOf } from './server-address.js';
import { ServerWords } from './transport-failure.js';
import type { TransportSettings } from './transport-settings.js';

/** A watch takes a connection for itself: four watches, a list, an event, a probe, and as many again for a new login. */
const MOST_REQUESTS = 16;

/**
 * A few HTTP/1.1 connections, kept for the next request. HTTP/1.1 has no PING, so silence is met twice: the kernel's
 * keep-alive probes break the connection whose path is dead, and when all of them are quiet the server is asked for its
 * version, which finds one that hangs though its kernel still answers.
 */
export class Http1Connection implements Connection {
  /** It makes connections of its own, as many as it may. */
  readonly hasRoom = true;
  readonly ready = Promise.resolve();
  readonly #agent: DialAgent;
  readonly #login: Login;
  readonly #server: ServerWords;
  readonly #settings: TransportSettings;
  readonly #silence: SilenceWatch;
  readonly #ended: () => void;
  readonly #underWay = new Set<ClientRequest>();
  readonly #waiting = new Set<() => void>();
  #headers: Call['headers'] = {};
  /** How often a first request ended a rest: what was not asked before cannot count as silence. */
  #awakenings = 0;
  #open = true;
  #reason: TransportError | undefined;

  /** `first` is the connection on which the server chose HTTP/1.1. */
  constructor(first: Socket, login: Login, settings: TransportSettings, ended: () => void) {
    this.#agent = new DialAgent(first, () => this.#dial(), {
      keepAliveMsecs: settings.readIdle,
      maxSockets: MOST_REQUESTS,
    });
    this.#login = login;
    this.#server = new ServerWords(login);
    this.#settings = settings;
    this.#ended = ended;
    const path = {
      heard: () => this.#agent.heard + this.#awakenings,
      probe: () => this.#probe(),
      silent: () => this.#silent(),
    };
    this.#silence = new SilenceWatch(path, settings);
  }

  /** Where no connection is left the next one may as well be HTTP/2. */
  get open(): boolean {
    return this.#open && (this.#underWay.size > 0 || this.#agent.connections > 0);
  }

  /** A kept connection may be closed by the server at the moment it is used again: a GET is then tried once more. */
  async send(call: Call, signal: AbortSignal): Promise<Answer> {
    // The agent has a limit too, but does not count the connections that are still being made.
    while (this.#underWay.size >= MOST_REQUESTS) await this.#oneIsOver(signal);
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

  // Where it fails the next request begins anew, with all protocols: the server may have been replaced.
  async #dial(): Promise<Socket> {
    try {
      return (await dial(this.#login, ['http/1.1'], this.#settings)).socket;
    } catch (error) {
      this.#open = false;
      throw error;
    }
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
    if (this.#underWay.size === 0) this.#awakenings += 1;
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
