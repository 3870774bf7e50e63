import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Address } from '../model/address.js';
import type { Clock } from '../model/clock.js';
import type { Problem } from '../model/problem.js';
import type { ProblemsFound } from '../model/problem-board.js';
import { type RelayKey, type RelayRoute, relayKey } from '../model/relay-route.js';

interface RelayParts {
  readonly clock: Clock;
  /** Called with the ports that another process has, when there are others than before. */
  readonly problemsFound: ProblemsFound;
  readonly limits?: RelayLimits;
}

/**
 * NodePorts on 127.0.0.1 and ::1, by connections of the agent's own: IPVS takes no packet from a loopback address, and
 * kube-proxy's way around it in other modes (route_localnet) lets other hosts reach what listens on loopback addresses.
 * Programs that ask `localhost:nodePort` of a node go on to work; for anything else it is the slower way.
 */
export class NodePortRelay {
  readonly #parts: RelayParts;
  readonly #connections: RelayConnections;
  readonly #listeners = new Map<RelayKey, RelayListener>();
  #followed: readonly RelayRoute[] = [];

  constructor(parts: RelayParts) {
    this.#parts = parts;
    this.#connections = new RelayConnections(parts.limits ?? DEFAULT_RELAY_LIMITS);
  }

  /** Ports that somebody else has. */
  get problems(): Problem[] {
    return [...this.#listeners.values()].flatMap(({ route, failure }) =>
      failure === undefined || isFamilyOff(route, failure) ? [] : [listenProblem(route, failure)],
    );
  }

  /**
   * All routes that there should be from now on; the same list again costs nothing. Of two for one address and port the
   * first counts.
   */
  follow(routes: readonly RelayRoute[]): void {
    if (routes === this.#followed) return;
    this.#followed = routes;
    const wanted = new Map<RelayKey, RelayRoute>();
    for (const route of routes) if (!wanted.has(relayKey(route))) wanted.set(relayKey(route), route);
    for (const [key, listener] of this.#listeners)
      if (!wanted.has(key)) {
        this.#listeners.delete(key);
        listener.close();
        if (listener.failure !== undefined) this.#reportProblems();
      }
    for (const [key, route] of wanted) this.#listen(key, route);
  }

  /** Stops to listen and cuts what is open. */
  close(): void {
    this.follow([]);
    this.#connections.close();
  }

  #reportProblems(): void {
    this.#parts.problemsFound(this.problems);
  }

  #listen(key: RelayKey, route: RelayRoute): void {
    const listener = this.#listeners.get(key);
    const { clock } = this.#parts;
    const changed = () => this.#reportProblems();
    if (listener !== undefined) listener.follow(route);
    else this.#listeners.set(key, new RelayListener(route, this.#connections, clock, changed));
  }
}

// A node without IPv6 has no ::1, and nobody misses it.
function isFamilyOff({ loopback }: RelayRoute, failure: string): boolean {
  return loopback.includes(':') && (failure === 'EADDRNOTAVAIL' || failure === 'EAFNOSUPPORT');
}

function listenProblem(route: RelayRoute, failure: string): Problem {
  return {
    kind: 'conflict',
    subject: `Service ${route.service}`,
    service: route.service,
    reason: 'FailedToListenOnLoopback',
    message: `its NodePort cannot be served on ${relayKey(route)} (${failure}); on the node's other addresses it is.`,
    remedy: 'End the program that listens there, or switch localhostNodePorts off.',
  };
}

/** How long until a port that could not be had is tried again. */
const RETRY_MILLISECONDS = 5_000;

/** Listens on one loopback address and port, and keeps trying to until it is closed. */
class RelayListener {
  readonly #connections: RelayConnections;
  readonly #clock: Clock;
  readonly #changed: () => void;
  #route: RelayRoute;
  #server: Server | undefined;
  #failure: string | undefined;
  #closed = false;
  #cancelRetry: () => void = () => undefined;

  /** `changed`: its failure came or went. */
  constructor(route: RelayRoute, connections: RelayConnections, clock: Clock, changed: () => void) {
    this.#route = route;
    this.#connections = connections;
    this.#clock = clock;
    this.#changed = changed;
    this.#open();
  }

  get route(): RelayRoute {
    return this.#route;
  }

  /** errno's name, why nobody can listen there; undefined while it listens or is not yet known. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** From now on new connections go there; those that are open stay where they are. */
  follow(route: RelayRoute): void {
    this.#route = route;
  }

  /** Takes no new connections. */
  close(): void {
    this.#closed = true;
    this.#cancelRetry();
    this.#server?.close();
  }

  #open(): void {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) =>
      this.#connections.relay(client, this.#route),
    );
    this.#server = server;
    server.once('listening', () => this.#setFailure(undefined));
    server.on('error', (error: NodeJS.ErrnoException) => this.#failed(server, error.code ?? error.message));
    // Only its own address: on another one the NodePort is IPVS's business.
    server.listen({ host: this.#route.loopback, port: this.#route.nodePort, ipv6Only: true });
  }

  // An error may also end a server that listens; either way there is none any more.
  #failed(server: Server, code: string): void {
    server.close();
    if (this.#closed) return;
    this.#setFailure(code);
    this.#cancelRetry = this.#clock.after(RETRY_MILLISECONDS, () => this.#open());
  }

  #setFailure(failure: string | undefined): void {
    if (this.#failure === failure) return;
    this.#failure = failure;
    this.#changed();
  }
}

/** What relaying may cost the agent. */
interface RelayLimits {
  /** Connections at one time, of all NodePorts together; further ones are closed at once. */
  readonly connections: number;
  /** Milliseconds for a connection to the Service to come about. */
  readonly connectTime: number;
  /** Milliseconds of silence after which the kernel asks whether the other side is still there. */
  readonly keepAlive: number;
}

export const DEFAULT_RELAY_LIMITS: RelayLimits = {
  connections: 1_000,
  connectTime: 10_000,
  keepAlive: 60_000,
};

/** The connections that are relayed now. What one side ends goes on in the other direction until that ends too. */
class RelayConnections {
  readonly #limits: RelayLimits;
  readonly #clients = new Set<Socket>();

  constructor(limits: RelayLimits = DEFAULT_RELAY_LIMITS) {
    this.#limits = limits;
  }

  /** `client` must allow half-open connections. */
  relay(client: Socket, target: { readonly address: Address; readonly port: number }): void {
    if (this.#clients.size >= this.#limits.connections) {
      client.resetAndDestroy();
      return;
    }
    this.#clients.add(client);
    const { address: host, port } = target;
    const service = connect({ host, port, allowHalfOpen: true, noDelay: true });
    const tooLate = setTimeout(() => service.destroy(new Error('ETIMEDOUT')), this.#limits.connectTime);
    service.once('connect', () => clearTimeout(tooLate));
    this.#join(client, service);
    service.once('close', () => clearTimeout(tooLate));
    client.once('close', () => this.#clients.delete(client));
  }

  /** Cuts every connection. */
  close(): void {
    for (const client of this.#clients) client.destroy();
  }

  #join(client: Socket, service: Socket): void {
    const fail = () => {
      client.resetAndDestroy();
      service.resetAndDestroy();
    };
    for (const [from, to] of [
      [client, service],
      [service, client],
    ] as const) {
      from.setKeepAlive(true, this.#limits.keepAlive);
      from.once('error', fail);
      // Destroyed from our side, without an error: the other must not wait for an end that never comes.
      from.once('close', () => {
        if (!from.readableEnded) to.destroy();
      });
      from.pipe(to);
    }
  }
}
