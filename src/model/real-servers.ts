import type { RealServer, RealServerKey } from './real-server.js';

/** The real servers of one virtual server, each address and port once, in the order in which they were put. */
export interface RealServers extends Iterable<RealServer> {
  readonly size: number;
  /** The member with the address and port of `server`, whatever its weight. */
  find(server: RealServer): RealServer | undefined;
}

/** Up to so many are searched one by one, which takes a third of the memory of an index and is as fast. */
const FEW = 16;

/** Real servers that change, as a kernel's do. */
export class RealServerList implements RealServers {
  #few: RealServer[];
  #index: Map<RealServerKey, RealServer> | undefined;

  constructor(servers: Iterable<RealServer> = []) {
    this.#few = [];
    for (const server of servers) this.put(server);
  }

  /** Gives back what the list has reserved for more. */
  trim(): this {
    this.#few = this.#few.slice();
    return this;
  }

  get size(): number {
    return this.#index?.size ?? this.#few.length;
  }

  [Symbol.iterator](): Iterator<RealServer> {
    return this.#index === undefined ? this.#few[Symbol.iterator]() : this.#index.values();
  }

  find(server: RealServer): RealServer | undefined {
    if (this.#index !== undefined) return this.#index.get(server.key);
    const place = this.#placeOf(server);
    return place === -1 ? undefined : this.#few[place];
  }

  /** Adds the server, or takes the place of the member with its address and port. */
  put(server: RealServer): void {
    if (this.#index !== undefined) {
      this.#index.set(server.key, server);
      return;
    }
    const place = this.#placeOf(server);
    if (place === -1) this.append(server);
    else this.#few[place] = server;
  }

  /** Adds a server of which it is known that it is no member. */
  append(server: RealServer): void {
    if (this.#index !== undefined) this.#index.set(server.key, server);
    else if (this.#few.push(server) > FEW) this.#makeIndex();
  }

  remove(server: RealServer): void {
    if (this.#index !== undefined) this.#index.delete(server.key);
    else {
      const place = this.#placeOf(server);
      if (place !== -1) this.#few.splice(place, 1);
    }
  }

  #makeIndex(): void {
    this.#index = new Map(this.#few.map((server) => [server.key, server]));
    this.#few = [];
  }

  #placeOf({ address, port }: RealServer): number {
    const servers = this.#few;
    for (let place = 0; place < servers.length; place++) {
      const server = servers[place] as RealServer;
      if (server.port === port && server.address === address) return place;
    }
    return -1;
  }
}

/** Of a virtual server that has none. */
export const NO_SERVERS: RealServers = new RealServerList();
