import type { Address } from './address.js';
import { hostPort } from './frontend.js';

/** One endpoint as a virtual server sees it. Forwarding is always masquerading (NAT), as in kube-proxy. */
export interface RealServer {
  readonly key: RealServerKey;
  readonly address: Address;
  /** The target port, 1–65535. */
  readonly port: number;
  /** Share of new connections; 0 keeps the established ones and takes no new ones: the server is draining. */
  readonly weight: number;
}

/** `10.244.0.5:9376`: unique within one virtual server. */
export type RealServerKey = string & { readonly __brand: 'RealServerKey' };

export function realServer(address: Address, port: number, weight: number): RealServer {
  return new KeyedServer(address, port, weight);
}

export function withWeight({ address, port }: RealServer, weight: number): RealServer {
  return new KeyedServer(address, port, weight);
}

// A node may know 100,000 of them: with its key spelled out, each would take twice the memory.
class KeyedServer implements RealServer {
  readonly address: Address;
  readonly port: number;
  readonly weight: number;

  constructor(address: Address, port: number, weight: number) {
    this.address = address;
    this.port = port;
    this.weight = weight;
  }

  get key(): RealServerKey {
    return hostPort(this.address, this.port) as RealServerKey;
  }
}

/** The real servers of one virtual server, each address and port once, in the order in which they were put. */
export interface RealServers extends Iterable<RealServer> {
  readonly size: number;
  /** What they have in common; undefined where they may have several ports or weights. */
  readonly even: EvenRealServers | undefined;
  /** The member with the address and port of `server`, whatever its weight. */
  find(server: RealServer): RealServer | undefined;
  /** Whether these are the same, each with the same weight, and nothing else. The order does not matter. */
  areThese(servers: RealServers): boolean;
  /**
   * `8080 1 10.0.0.1,10.0.0.2`: port, weight and sorted addresses, the same text for the same servers. Undefined where
   * they may have several ports or weights.
   */
  readonly evenText: string | undefined;
}

/** Real servers of one port and one weight. */
export interface EvenRealServers {
  readonly addresses: readonly Address[];
  readonly port: number;
  readonly weight: number;
  /** In which they go to the kernel, until the addresses have been sorted into it; before that they are sorted as texts. */
  readonly order: ServerOrder | undefined;
}

/** The order in which servers go to the kernel. The addon has it too, and finds it by the seed (native/server_list.h). */
export interface ServerOrder {
  /** 32 bits. */
  readonly seed: number;
  sort(addresses: Address[], port: number): void;
}

/**
 * Real servers that do not change and have one port and one weight, as those of nearly every virtual server: each is an
 * address in a list, without an object of its own. They are sorted when somebody goes through them; at a restart
 * nobody does, since they are compared as a text.
 */
class EvenServers implements RealServers {
  readonly addresses: Address[];
  readonly port: number;
  readonly weight: number;
  order: ServerOrder | undefined;
  index: Set<Address> | undefined;

  constructor(addresses: Address[], port: number, weight: number, order?: ServerOrder) {
    this.addresses = addresses;
    this.port = port;
    this.weight = weight;
    this.order = order;
    this.index = undefined;
  }

  get size(): number {
    return this.addresses.length;
  }

  [Symbol.iterator](): Iterator<RealServer> {
    const { addresses, port, weight } = this;
    this.order?.sort(addresses, port);
    this.order = undefined;
    const servers: RealServer[] = [];
    for (let index = 0; index < addresses.length; index++)
      servers.push(new KeyedServer(addresses[index] as Address, port, weight));
    return servers[Symbol.iterator]();
  }

  get even(): EvenRealServers {
    return this;
  }

  find({ address, port }: RealServer): RealServer | undefined {
    if (port !== this.port || !this.#has(address)) return undefined;
    return new KeyedServer(address, port, this.weight);
  }

  areThese(servers: RealServers): boolean {
    if (servers === this) return true;
    if (servers.size !== this.size) return false;
    const { addresses } = this;
    let place = 0;
    for (const { address, port, weight } of servers) {
      if (port !== this.port || weight !== this.weight) return false;
      // What has just been programmed is in the same order.
      if (addresses[place++] !== address && !this.#has(address)) return false;
    }
    return true;
  }

  get evenText(): string {
    // Until they are in the order for the kernel they are sorted as texts.
    const sorted = this.order === undefined ? this.addresses.slice().sort() : this.addresses;
    return `${this.port} ${this.weight} ${sorted.join()}`;
  }

  #has(address: Address): boolean {
    if (this.addresses.length <= FEW) return this.addresses.includes(address);
    this.index ??= new Set(this.addresses);
    return this.index.has(address);
  }
}

/**
 * Servers that have one port and one weight; each address is among them once. The list is theirs from now on. `order`:
 * in which they go to the kernel, if not in theirs; then they are sorted as texts are.
 */
export function evenServers(
  addresses: Address[],
  port: number,
  weight: number,
  order?: ServerOrder,
): RealServers {
  return new EvenServers(addresses, port, weight, order);
}

/** The same servers in the same order, to be kept and not changed: in little memory where they are alike. */
export function fixedServers(servers: RealServerList): RealServers {
  const [first, ...others] = servers;
  if (
    first === undefined ||
    others.some(({ port, weight }) => port !== first.port || weight !== first.weight)
  )
    return servers.trim();
  return new EvenServers(
    [first, ...others].map(({ address }) => address),
    first.port,
    first.weight,
  );
}

/** Real servers of which no object has been made yet. */
export interface UnreadServers {
  readonly size: number;
  read(): RealServer[];
  /** Whether these are the same; false also where that cannot be told without reading them. */
  areThese(servers: RealServers): boolean;
}

/** Up to so many are searched one by one, which takes a third of the memory of an index and is as fast. */
const FEW = 16;

/** Real servers that change, as a kernel's do. */
export class RealServerList implements RealServers {
  #few: RealServer[];
  #index: Map<RealServerKey, RealServer> | undefined;
  #unread: UnreadServers | undefined;
  /** Where the last search ended: the kernel has servers in the reverse of the order in which they are wanted. */
  #latest = 0;

  constructor(servers?: Iterable<RealServer>) {
    this.#few = [];
    if (servers !== undefined) for (const server of servers) this.put(server);
  }

  /** A list of its own where these may not be changed, or may be anybody's. */
  static changeable(servers: RealServers): RealServerList {
    return servers instanceof RealServerList ? servers : new RealServerList(servers);
  }

  /** They are read once somebody asks for one of them. */
  static unread(servers: UnreadServers): RealServerList {
    const list = new RealServerList();
    list.#unread = servers;
    return list;
  }

  #read(): void {
    if (this.#unread !== undefined) this.#take(this.#unread.read());
  }

  #take(servers: RealServer[]): void {
    this.#unread = undefined;
    this.#few = servers;
    if (servers.length > FEW) this.#makeIndex();
  }

  /** Gives back what the list has reserved for more. */
  trim(): this {
    if (this.#unread !== undefined) return this;
    this.#few = this.#few.slice();
    return this;
  }

  get size(): number {
    return this.#unread?.size ?? this.#index?.size ?? this.#few.length;
  }

  [Symbol.iterator](): Iterator<RealServer> {
    this.#read();
    return this.#index === undefined ? this.#few[Symbol.iterator]() : this.#index.values();
  }

  areThese(servers: RealServers): boolean {
    if (servers === this || this.#unread?.areThese(servers) === true) return true;
    // No object is made of them then.
    if (servers instanceof EvenServers) return servers.areThese(this);
    if (this.size !== servers.size) return false;
    for (const server of servers) if (this.find(server)?.weight !== server.weight) return false;
    return true;
  }

  // Only of what does not change they are asked for.
  get even(): undefined {
    return undefined;
  }

  get evenText(): undefined {
    return undefined;
  }

  find(server: RealServer): RealServer | undefined {
    this.#read();
    if (this.#index !== undefined) return this.#index.get(server.key);
    const place = this.#placeOf(server);
    return place === -1 ? undefined : this.#few[place];
  }

  /** Adds the server, or takes the place of the member with its address and port. */
  put(server: RealServer): void {
    this.#read();
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
    if (this.#unread !== undefined) this.#read();
    if (this.#index !== undefined) this.#index.set(server.key, server);
    else if (this.#few.push(server) > FEW) this.#makeIndex();
  }

  remove(server: RealServer): void {
    this.#read();
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

  #placeOf(server: RealServer): number {
    const servers = this.#few;
    const before = this.#latest - 1;
    if (before >= 0 && isAt(servers[before], server)) return this.#found(before);
    for (let place = 0; place < servers.length; place++)
      if (isAt(servers[place], server)) return this.#found(place);
    return -1;
  }

  #found(place: number): number {
    this.#latest = place;
    return place;
  }
}

function isAt(member: RealServer | undefined, { address, port }: RealServer): boolean {
  return member !== undefined && member.port === port && member.address === address;
}

/** Of a virtual server that has none. */
export const NO_SERVERS: RealServers = new RealServerList();
