import { createServer as createPlainServer, type IncomingMessage, type ServerResponse } from 'node:http';
import {
  createSecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from 'node:http2';
import { createServer } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import { type Certificate, issue, makeAuthority } from '../../lab/api-server/certificates.js';

export type Asked = IncomingMessage | Http2ServerRequest;
/** What the two kinds of response have in common. */
export interface Answering {
  statusCode: number;
  setHeader(name: string, value: string): unknown;
  write(text: string): boolean;
  end(body?: string | Uint8Array): unknown;
  on(event: 'close', listener: () => void): unknown;
}
export type Answerer = (asked: Asked, answer: Answering) => void;

export interface ServerOptions {
  readonly protocol?: 'h2' | 'http/1.1' | 'plain';
  readonly certificate?: Certificate;
  /** Demands a client certificate of this authority. */
  readonly clientAuthority?: Certificate;
  readonly answer?: Answerer;
  /** Any that is free unless said. */
  readonly port?: number;
  /** SETTINGS_MAX_CONCURRENT_STREAMS over HTTP/2. */
  readonly streams?: number;
}

export const AUTHORITY = makeAuthority('cluster CA');
export const SERVER_CERTIFICATE = issue(AUTHORITY, { name: 'kube-apiserver', hosts: ['127.0.0.1', '::1'] });

/** A server on loopback that answers as a test says and counts what reaches it. */
export class HttpsServer {
  answer: Answerer;
  /** TCP connections so far. */
  connections = 0;
  /** PING frames received on all HTTP/2 sessions. */
  pings = 0;
  readonly sockets = new Set<Socket>();
  /** One line for each request: method and path. */
  readonly requests: string[] = [];
  readonly #server: Server;
  readonly #scheme: string;

  constructor(options: ServerOptions = {}) {
    this.answer = options.answer ?? ((_, answer) => void answer.end('{}'));
    this.#scheme = options.protocol === 'plain' ? 'http' : 'https';
    this.#server = this.#make(options);
    this.#server.on('session', (session: ServerHttp2Session) => {
      session.on('ping', () => {
        this.pings += 1;
      });
    });
    this.#server.on('connection', (socket: Socket) => {
      this.connections += 1;
      this.sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => this.sockets.delete(socket));
    });
  }

  static async start(options: ServerOptions = {}): Promise<HttpsServer> {
    const server = new HttpsServer(options);
    await new Promise<void>((resolve) => server.#server.listen(options.port ?? 0, '127.0.0.1', resolve));
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${this.port}`;
  }

  /** From now on it shows another certificate; connections that stand are not touched. */
  show({ cert, key }: Certificate): void {
    (this.#server as unknown as { setSecureContext(options: object): void }).setSecureContext({ cert, key });
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #make({
    protocol = 'h2',
    certificate = SERVER_CERTIFICATE,
    clientAuthority,
    streams,
  }: ServerOptions): Server {
    const listener = (asked: Asked, answer: ServerResponse | Http2ServerResponse) => {
      this.requests.push(`${asked.method} ${asked.url}`);
      this.answer(asked, answer as Answering);
    };
    if (protocol === 'plain') return createPlainServer(listener);
    const { cert, key } = certificate;
    const demand =
      clientAuthority === undefined
        ? {}
        : { requestCert: true, rejectUnauthorized: true, ca: clientAuthority.cert };
    const options = { cert, key, ...demand };
    if (protocol === 'http/1.1') return createServer(options, listener);
    const settings = streams === undefined ? {} : { settings: { maxConcurrentStreams: streams } };
    return createSecureServer({ ...options, ...settings }, listener);
  }
}

/** Everything that a client sends as a body. */
export async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}
