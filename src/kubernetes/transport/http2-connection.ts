import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
} from 'node:http2';
import type { Socket } from 'node:net';
import type { Login } from '../login/login.js';
import type { TransportError } from './api-transport.js';
import type { Answer, Call, Connection, TransportSettings } from './connection.js';
import { Exchange, flatHeaders, ResponseBody } from './exchange.js';
import { ServerFailures } from './transport-failure.js';

const MIB = 1 << 20;

/**
 * With the default windows of 64 KiB a list of megabytes would wait a round trip for every few objects. What fits in a
 * window may lie unread in memory: with 8 MiB for each of two streams a start took 30 MB more. From 20 ms away a server
 * can send 25 MB a second this way, more than is translated meanwhile.
 */
const STREAM_WINDOW = MIB / 2;
const SESSION_WINDOW = MIB;

/** All requests in one HTTP/2 session. A GOAWAY closes it for new ones, and lets those under way end. */
export class Http2Connection implements Connection {
  /** Once the server's SETTINGS are there, which are the first that it sends (RFC 9113, 3.4). */
  readonly ready: Promise<void>;
  #underWay = 0;
  readonly #socket: Socket;
  readonly #session: ClientHttp2Session;
  readonly #server: ServerFailures;
  readonly #settings: TransportSettings;

  constructor(socket: Socket, login: Login, settings: TransportSettings, ended: () => void) {
    this.#socket = socket;
    this.#server = new ServerFailures(login);
    this.#settings = settings;
    this.#session = connect(login.server.origin, {
      createConnection: () => socket,
      settings: { initialWindowSize: STREAM_WINDOW, enablePush: false },
      // In MB; what is not yet read counts, and above it Node refuses streams.
      maxSessionMemory: 64,
    });
    this.#session.once('connect', () => this.#session.setLocalWindowSize(SESSION_WINDOW));
    const silence = new SilenceWatch(this.#path(), settings);
    // Every stream gets the error by itself.
    this.#session.on('error', () => undefined);
    this.ready = new Promise((resolve, reject) => {
      this.#session.once('remoteSettings', () => resolve());
      socket.once('error', (error) => reject(this.#server.failure(error, false)));
      socket.once('close', () => reject(this.#server.failure(undefined, false)));
    });
    // After a TLS alert Node leaves the socket open and its session without an event.
    socket.once('error', (error) => this.destroy(this.#server.failure(error)));
    socket.once('close', () => {
      silence.stop();
      ended();
    });
  }

  get open(): boolean {
    return !this.#session.closed && !this.#session.destroyed;
  }

  // A watch lasts for minutes: whatever waits for the end of one receives nothing for as long.
  get hasRoom(): boolean {
    const { maxConcurrentStreams = Number.POSITIVE_INFINITY } = this.#session.remoteSettings;
    return this.#underWay < Math.max(1, maxConcurrentStreams);
  }

  async send({ method, path, headers, body }: Call, signal: AbortSignal): Promise<Answer> {
    const lines = { ...headers, ':method': method, ':path': path };
    const stream = this.#session.request(lines, { endStream: body === undefined });
    this.#underWay++;
    stream.once('close', () => this.#underWay--);
    if (body !== undefined) stream.end(body);
    const end = (reason: TransportError) => cancel(stream, reason);
    const exchange = new Exchange(stream, { signal, server: this.#server, end, ...this.#settings });
    return exchange.run((received: IncomingHttpHeaders) => answerOf(stream, received, exchange));
  }

  retire(): void {
    this.#session.close();
  }

  destroy(reason: TransportError): void {
    this.#session.destroy(reason);
    this.#socket.destroy();
  }

  #path() {
    return {
      bytesReceived: () => this.#socket.bytesRead,
      probe: () => {
        if (!this.#session.destroyed) this.#session.ping(() => undefined);
      },
      silent: () => this.destroy(this.#server.silent()),
    };
  }
}

function answerOf(stream: ClientHttp2Stream, received: IncomingHttpHeaders, exchange: Exchange): Answer {
  const { ':status': status = 0, ...headers } = received as IncomingHttpHeaders & { ':status'?: number };
  const body = new ResponseBody(stream, headers['content-encoding'], {
    cancel: () => cancel(stream),
    // A session that broke ends its streams as if their bodies were over, but with this code.
    complete: () => (stream.rstCode ?? 0) === constants.NGHTTP2_NO_ERROR,
    failure: (error) => exchange.failure(error),
  });
  return { status, headers: flatHeaders(headers), body };
}

// Destroyed alone, a stream would report an error of ours to the server.
function cancel(stream: ClientHttp2Stream, reason?: TransportError): void {
  stream.close(constants.NGHTTP2_CANCEL);
  stream.destroy(reason);
}

/** What can be asked of a path to the server. */
interface WatchedPath {
  /** Bytes received so far. */
  bytesReceived(): number;
  /** Provokes a byte where the path is alive. */
  probe(): void;
  /** Nothing came. */
  silent(): void;
}

/** Looks into which `readIdle` is divided: silence is noticed at most one of them late. */
const LOOKS = 6;

/**
 * Notices that a path is dead. An interval that merely sends PINGs would not: on a half-open path they vanish without
 * an error. So bytes are counted, and where none come after a probe the path is given up. Looks are counted, not
 * time: a process that was stopped for an hour must not take its own silence for the server's.
 */
export class SilenceWatch {
  readonly #path: WatchedPath;
  readonly #deadline: number;
  readonly #looking: NodeJS.Timeout;
  #waiting: NodeJS.Timeout | undefined;
  #judging: NodeJS.Immediate | undefined;
  #received = 0;
  #quietLooks = 0;

  constructor(
    path: WatchedPath,
    { readIdle, pongDeadline }: Pick<TransportSettings, 'readIdle' | 'pongDeadline'>,
  ) {
    this.#path = path;
    this.#deadline = pongDeadline;
    this.#looking = setInterval(() => this.#look(), readIdle / LOOKS);
  }

  stop(): void {
    clearInterval(this.#looking);
    clearTimeout(this.#waiting);
    clearImmediate(this.#judging);
  }

  #look(): void {
    const received = this.#path.bytesReceived();
    if (received !== this.#received) this.#alive(received);
    else this.#quietLooks += 1;
    if (this.#quietLooks < LOOKS || this.#waiting !== undefined) return;
    this.#waiting = setTimeout(() => this.#judgeSoon(received), this.#deadline);
    this.#path.probe();
  }

  #alive(received: number): void {
    this.#received = received;
    this.#quietLooks = 0;
    clearTimeout(this.#waiting);
    this.#waiting = undefined;
  }

  // Timers run before the sockets are read: after a stall the answer may be there and not yet seen.
  #judgeSoon(received: number): void {
    this.#judging = setImmediate(() => {
      this.#waiting = undefined;
      if (this.#path.bytesReceived() === received) this.#path.silent();
    });
  }
}
