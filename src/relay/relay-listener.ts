import { createServer, type Server } from 'node:net';
import type { Clock } from '../model/clock.js';
import type { RelayRoute } from '../model/relay-route.js';
import type { RelayConnections } from './relay-connections.js';

/** How long until a port that could not be had is tried again. */
const RETRY_MILLISECONDS = 5_000;

/** Listens on one loopback address and port, and keeps trying to until it is closed. */
export class RelayListener {
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

  /** errno's name, why nobody can listen there; undefined while it listens or has not heard yet. */
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
    server.once('listening', () => this.#tell(undefined));
    server.on('error', (error: NodeJS.ErrnoException) => this.#failed(server, error.code ?? error.message));
    // Only its own address: on another one the NodePort is IPVS's business.
    server.listen({ host: this.#route.loopback, port: this.#route.nodePort, ipv6Only: true });
  }

  // An error may also end a server that listens; either way there is none any more.
  #failed(server: Server, code: string): void {
    server.close();
    if (this.#closed) return;
    this.#tell(code);
    this.#cancelRetry = this.#clock.after(RETRY_MILLISECONDS, () => this.#open());
  }

  #tell(failure: string | undefined): void {
    if (this.#failure === failure) return;
    this.#failure = failure;
    this.#changed();
  }
}
