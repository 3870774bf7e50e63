import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { Pace } from './pace.js';

/**
 * The way to the server, below TLS: passes bytes on to it, and can do to them what networks do. A frozen connection
 * stays open and says nothing any more, not even to a PING; the client's own packets are still acknowledged.
 */
export class Wire {
  readonly #inner: string;
  readonly #connections = new Set<Connection>();
  #listener: Server | undefined;
  #freezesNewcomers = false;
  #bytesPerSecond: number | undefined;
  #accepted = 0;

  /** `inner` is the server's own Unix socket. */
  constructor(inner: string) {
    this.#inner = inner;
  }

  /** How many connections there have been. */
  get accepted(): number {
    return this.#accepted;
  }

  get open(): number {
    return this.#connections.size;
  }

  /** Answers with the port. */
  async listen(host: string, port: number): Promise<number> {
    const listener = createServer({ noDelay: true }, (socket) => this.#accept(socket));
    listener.listen(port, host);
    await once(listener, 'listening');
    this.#listener = listener;
    return (listener.address() as AddressInfo).port;
  }

  /** Nobody can connect any more, and those who are connected lose their connection. */
  async close(): Promise<void> {
    const listener = this.#listener;
    this.#listener = undefined;
    const closed = listener && once(listener, 'close');
    listener?.close();
    this.reset();
    await closed;
  }

  /** Every connection ends with a TCP reset. */
  reset(): void {
    for (const connection of this.#connections) connection.reset();
  }

  /** Every connection of now falls silent for good. `newcomers` also those to come, until `thaw`. */
  freeze({ newcomers = false } = {}): void {
    this.#freezesNewcomers = newcomers;
    for (const connection of this.#connections) connection.freeze();
  }

  /** New connections speak again; a frozen one goes on where it was. */
  thaw(): void {
    this.#freezesNewcomers = false;
    for (const connection of this.#connections) connection.thaw();
  }

  /** How fast the server's bytes come on each connection; undefined for as fast as they can. */
  slow(bytesPerSecond: number | undefined): void {
    this.#bytesPerSecond = bytesPerSecond;
    for (const { pace } of this.#connections) pace.bytesPerSecond = bytesPerSecond;
  }

  #accept(client: Socket): void {
    this.#accepted += 1;
    const connection = new Connection(client, connect(this.#inner));
    connection.pace.bytesPerSecond = this.#bytesPerSecond;
    this.#connections.add(connection);
    client.on('close', () => this.#connections.delete(connection));
    if (this.#freezesNewcomers) connection.freeze();
  }
}

class Connection {
  readonly pace = new Pace();
  readonly #client: Socket;
  readonly #server: Socket;

  constructor(client: Socket, server: Socket) {
    this.#client = client;
    this.#server = server;
    server.pipe(this.pace);
    this.thaw();
    client.on('error', () => server.destroy());
    client.on('close', () => server.destroySoon());
    server.on('error', () => client.destroy());
    // What the server said last may still be on its way.
    server.on('close', () => this.pace.end());
    this.pace.on('close', () => client.destroySoon());
  }

  freeze(): void {
    this.#client.unpipe(this.#server);
    this.pace.unpipe(this.#client);
    this.#client.pause();
    this.pace.pause();
  }

  thaw(): void {
    this.#client.pipe(this.#server);
    this.pace.pipe(this.#client);
  }

  reset(): void {
    this.#client.resetAndDestroy();
    this.#server.destroy();
  }
}
