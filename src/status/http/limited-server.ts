import { createServer, type RequestListener, type Server } from 'node:http';
import type { Socket } from 'node:net';

/** What one client may cost. Probes and scrapes need far less; who exceeds it loses the connection. */
export interface HttpLimits extends ConnectionLimits {
  /** Bytes of a request's header; beyond it the answer is 431. */
  readonly headerSize: number;
  /** Milliseconds for the header to arrive, and for the request as a whole; then the answer is 408. */
  readonly headerTime: number;
  readonly requestTime: number;
  /** How often the two are checked: a timer for each server, so that an idle agent should have it seldom. */
  readonly sweep: number;
  /** Milliseconds without a byte in either direction. */
  readonly silence: number;
}

export const DEFAULT_HTTP_LIMITS: HttpLimits = {
  headerSize: 8 * 1024,
  headerTime: 5_000,
  requestTime: 10_000,
  sweep: 15_000,
  silence: 30_000,
  connections: 128,
  perSource: 16,
};

/** An HTTP server that no client can keep from answering the others; it does not listen yet. */
export function limitedServer(
  limits: HttpLimits,
  connections: ConnectionLimit,
  answer: RequestListener,
): Server {
  const server = createServer(
    {
      maxHeaderSize: limits.headerSize,
      headersTimeout: limits.headerTime,
      requestTimeout: limits.requestTime,
      connectionsCheckingInterval: limits.sweep,
    },
    answer,
  );
  server.timeout = limits.silence;
  connections.watch(server);
  return server;
}

/** How many connections there may be at one time. */
interface ConnectionLimits {
  /** In all; beyond it the one that has been idle for longest is closed, never the newest. */
  readonly connections: number;
  /** From one address; the node itself (kubelet, `status`) has no such limit. */
  readonly perSource: number;
}

/**
 * Keeps the connections of one or several servers within their limits, so that a client that holds connections open
 * cannot keep probes out: a new connection is always taken, and an older one without a request under way makes room.
 */
export class ConnectionLimit {
  readonly #limits: ConnectionLimits;
  readonly #isFromNode: (socket: Socket) => boolean;
  // Oldest first. Each connection carries one request, so that the oldest without one has been idle for longest.
  readonly #sources = new Map<Socket, string>();
  readonly #busy = new WeakSet<Socket>();

  constructor(limits: ConnectionLimits, isFromNode: (socket: Socket) => boolean = isFromThisNode) {
    this.#limits = limits;
    this.#isFromNode = isFromNode;
  }

  watch(server: Server): void {
    server.on('connection', (socket: Socket) => this.#admit(socket));
    server.on('request', ({ socket }, response) => {
      this.#busy.add(socket);
      response.once('close', () => this.#busy.delete(socket));
    });
  }

  #admit(socket: Socket): void {
    const source = this.#isFromNode(socket) ? NODE : (socket.remoteAddress ?? '');
    const { connections, perSource } = this.#limits;
    const ofSource = source === NODE ? [] : this.#from((other) => other === source);
    if (ofSource.length >= perSource) this.#closeOne(ofSource);
    else if (this.#sources.size >= connections) this.#closeOne(this.#candidates());
    this.#sources.set(socket, source);
    socket.once('close', () => this.#sources.delete(socket));
  }

  // The node's own connections make room only where there are no others.
  #candidates(): Socket[] {
    const others = this.#from((source) => source !== NODE);
    return others.length > 0 ? others : [...this.#sources.keys()];
  }

  #from(isWanted: (source: string) => boolean): Socket[] {
    return [...this.#sources].filter(([, source]) => isWanted(source)).map(([socket]) => socket);
  }

  #closeOne(oldestFirst: readonly Socket[]): void {
    const closed = oldestFirst.find((socket) => !this.#busy.has(socket)) ?? oldestFirst[0];
    if (closed === undefined) return;
    this.#sources.delete(closed);
    closed.destroy();
  }
}

const NODE = 'node';

/**
 * Whether the client runs in this network namespace: the kernel gives its packets to a local address that same address
 * as source. A unix socket has no addresses.
 */
export function isFromThisNode({ remoteAddress, localAddress }: Socket): boolean {
  if (remoteAddress === undefined) return localAddress === undefined;
  return remoteAddress === localAddress || LOOPBACK.test(remoteAddress);
}

// IPv4 addresses are mapped where a server listens on both families.
const LOOPBACK = /^(::ffff:)?127\.|^::1$/;
