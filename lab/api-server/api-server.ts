import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import type { Http2SecureServer } from 'node:http2';
import type { Server } from 'node:https';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { Access } from './access.js';
import { type Authority, type Certificate, issue, makeAuthority } from './certificates.js';
import { Faults } from './faults.js';
import { ObjectStore } from './object-store.js';
import { PodExec } from './pod-exec.js';
import { DEFAULT_FEATURES, type Features, RequestDesk } from './request-desk.js';
import {
  closeServer,
  type Identity,
  listenAt,
  type Protocol,
  setIdentity,
  socketsOf,
  tlsServer,
} from './tls-server.js';
import { Wire } from './wire.js';

export interface ApiServerOptions {
  /** `127.0.0.1` unless said. */
  readonly host?: string;
  /** 0, the default, for any that is free. */
  readonly port?: number;
  /** Both unless said; one of them for a server or a proxy that knows no other. */
  readonly protocols?: readonly Protocol[];
  /** Host names and addresses in the certificate, besides `host`. */
  readonly names?: readonly string[];
  readonly features?: Partial<Features>;
}

const BOTH: readonly Protocol[] = ['h2', 'http/1.1'];

/**
 * An API server for tests: list and watch as the real one speaks them, over TLS, on a state in memory that the test
 * changes, with faults that the test switches on. Requests come through `wire`, which can break.
 */
export class ApiServer {
  readonly store = new ObjectStore();
  readonly access = new Access();
  readonly faults = new Faults();
  readonly exec = new PodExec();
  readonly wire: Wire;
  readonly desk: RequestDesk;
  readonly #options: Required<Omit<ApiServerOptions, 'features'>>;
  readonly #folder: string;
  readonly #server: Http2SecureServer | Server;
  readonly #sockets: ReadonlySet<Socket>;
  #authority: Authority;
  #port = 0;

  static async start(options: ApiServerOptions = {}): Promise<ApiServer> {
    const { host = '127.0.0.1', port = 0, protocols = BOTH, names = [], features = {} } = options;
    const full = { host, port, protocols, names };
    const folder = await mkdtemp(join(tmpdir(), 'api-server-'));
    const server = new ApiServer(full, features, folder);
    await listenAt(server.#server, server.#socket);
    server.#port = await server.wire.listen(host, port);
    return server;
  }

  private constructor(
    options: Required<Omit<ApiServerOptions, 'features'>>,
    features: Partial<Features>,
    folder: string,
  ) {
    this.#options = options;
    this.#folder = folder;
    this.#authority = newAuthority();
    this.wire = new Wire(this.#socket);
    this.desk = new RequestDesk(this.store, this.access, this.faults, { ...DEFAULT_FEATURES, ...features });
    this.#server = tlsServer(options.protocols, this.#identity, (request, answer) =>
      this.desk.take(request, answer),
    );
    this.#sockets = socketsOf(this.#server);
    this.#server.on('upgrade', (request: IncomingMessage, socket: Duplex) =>
      this.exec.take(
        request,
        socket,
        // A WebSocket begins with GET; since Kubernetes 1.35 `create` is asked for besides.
        (subject) =>
          this.desk.refusal(request, 'get', subject) ?? this.desk.refusal(request, 'create', subject),
      ),
    );
    // What a broken wire does to a connection is no news here.
    this.#server.on('sessionError', () => undefined);
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    const { host } = this.#options;
    return `https://${host.includes(':') ? `[${host}]` : host}:${this.#port}`;
  }

  /** What clients have to trust, as PEM. */
  get authority(): string {
    return this.#authority.cert;
  }

  /** A client certificate for that name, of the authority of now. */
  clientCertificate(name: string): Certificate {
    return issue(this.#authority, { name });
  }

  /** Another authority and a certificate of its own: who trusts the old one alone cannot connect any more. */
  changeAuthority(): void {
    this.#authority = newAuthority();
    setIdentity(this.#server, this.#identity);
  }

  /** Gone from the network; the state stays. */
  async stop(): Promise<void> {
    await this.wire.close();
  }

  /** Back under the same address. */
  async resume(): Promise<void> {
    await this.wire.listen(this.#options.host, this.#port);
  }

  async close(): Promise<void> {
    await this.wire.close();
    this.desk.close();
    this.exec.close();
    await closeServer(this.#server, this.#sockets);
    await rm(this.#folder, { recursive: true, force: true });
  }

  get #identity(): Identity {
    const { host, names } = this.#options;
    const hosts = [...new Set([host, 'localhost', ...names])];
    return { authority: this.authority, pair: issue(this.#authority, { name: 'kube-apiserver', hosts }) };
  }

  get #socket(): string {
    return join(this.#folder, 'inner.sock');
  }
}

// Authorities of one cluster have one name, whatever their keys.
function newAuthority(): Authority {
  return makeAuthority('kubernetes');
}
