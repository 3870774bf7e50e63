import type { Address } from './address.js';
import type { Cidr } from './cidr.js';
import { atOnce } from './clock.js';
import {
  type Dataplane,
  eachTrafficSet,
  type ObservedDataplane,
  type Ownership,
  type PacketPolicy,
  TRAFFIC_SETS,
  type TrafficSet,
} from './dataplane.js';
import { addressOf, type Frontend, type FrontendKey } from './frontend.js';
import type { AddRealServers, Operation, PolicyOperation, VirtualServerWrite } from './operation.js';
import { RealServerList, type RealServers } from './real-server.js';
import { sameServer, type VirtualServer } from './virtual-server.js';

/**
 * A data plane that operations change: the agent's image of the kernel, and the state of the fake kernel.
 * Both fold operations with the same code, so that the image cannot drift from the fake by a slip in one of them.
 */
export class DataplaneState implements ObservedDataplane {
  readonly virtualServers = new RecentMap<FrontendKey, VirtualServer>();
  readonly bound = new Set<Address>();
  readonly policy = new PolicyState();
  readonly foreign = new ForeignFrontends();
  readonly #frontendsAt = new FrontendsByVip();

  frontendsAt(address: Address): ReadonlySet<FrontendKey> {
    return this.#frontendsAt.at(address);
  }

  isForeignAt(address: Address): boolean {
    return this.foreign.isAt(address);
  }

  putVirtualServer(server: VirtualServer): void {
    const { key, address } = server.frontend;
    this.virtualServers.set(key, server);
    this.#frontendsAt.add(address, key);
  }

  removeVirtualServer(frontend: Frontend): void {
    this.virtualServers.delete(frontend.key);
    this.#frontendsAt.remove(frontend.address, frontend.key);
  }

  /** Takes over everything but the virtual servers; what is known already stays the object that it is. */
  putAddressesAndSets(seen: Pick<Dataplane, 'bound' | 'policy'>): void {
    atOnce(this.putAddressesAndSetsInPieces(seen));
  }

  /**
   * The same in pieces, of which none takes long: they find what is other, and at the end that is put, all of it at
   * once.
   */
  *putAddressesAndSetsInPieces({
    bound,
    policy,
  }: Pick<Dataplane, 'bound' | 'policy'>): Generator<void, void> {
    const puts: Put[] = [];
    yield* otherMembers(this.bound, bound, puts);
    yield* otherMembers(this.policy.guarded, policy.guarded, puts);
    yield* otherEntries(this.policy.owned, policy.owned, sameOwnership, puts);
    yield* otherEntries(this.policy.open, policy.open, sameFrontend, puts);
    for (const set of TRAFFIC_SETS)
      yield* otherEntries(this.policy.traffic[set], policy.traffic[set], sameFrontend, puts);
    for (const put of puts) put();
    this.policy.sources.clear();
    for (const { frontend, cidrs } of policy.sources.values())
      for (const cidr of cidrs.values()) this.policy.allow(frontend, cidr);
  }

  /** Folds in one operation that the kernel has acknowledged. */
  acknowledge(operation: Operation): void {
    switch (operation.kind) {
      case 'add-real-server':
        // The kernel would have refused one that was there.
        this.#serversOf(operation.frontend).append(operation.server);
        return;
      case 'add-real-servers':
        this.#addServers(operation);
        return;
      case 'add-virtual-server':
        this.#settle(operation, new RealServerList());
        return;
      case 'set-virtual-server':
        this.#settle(operation, this.#knownServersOf(operation.frontend));
        return;
      case 'delete-virtual-server':
        this.removeVirtualServer(operation.frontend);
        return;
      case 'set-real-server':
        this.#serversOf(operation.frontend).put(operation.server);
        return;
      case 'delete-real-server':
        this.#serversOf(operation.frontend).remove(operation.server);
        return;
      case 'bind-vip':
        this.bound.add(operation.address);
        return;
      case 'unbind-vip':
        this.bound.delete(operation.address);
        return;
      case 'forget-flows':
        return;
      default:
        this.policy.acknowledge(operation);
    }
  }

  #settle(write: VirtualServerWrite, realServers: RealServers): void {
    this.putVirtualServer({ frontend: write.frontend, settings: write.settings, realServers });
  }

  #addServers({ frontend, servers }: AddRealServers): void {
    const server = this.virtualServers.get(frontend.key);
    if (server?.realServers.size === 0)
      this.virtualServers.set(frontend.key, { ...server, realServers: heldBeside(servers) });
    else for (const added of servers) this.#serversOf(frontend).put(added);
  }

  #knownServersOf({ key }: Frontend): RealServers {
    return this.virtualServers.get(key)?.realServers ?? new RealServerList();
  }

  // Lists inside are ours: every virtual server enters through putVirtualServer. What is no list is held as its wanted
  // object, and becomes one with the first change.
  #serversOf(frontend: Frontend): RealServerList {
    const server = this.virtualServers.get(frontend.key);
    if (server === undefined) return new RealServerList();
    const list = RealServerList.changeable(server.realServers);
    if (list !== server.realServers) this.virtualServers.set(frontend.key, { ...server, realServers: list });
    return list;
  }

  /** Holds the virtual server as this object, as far as it is the same. */
  share(wanted: VirtualServer): void {
    const known = this.virtualServers.get(wanted.frontend.key);
    if (known === undefined || known === wanted) return;
    if (known.frontend.mark !== wanted.frontend.mark || !sameServer(wanted, known)) return;
    const realServers = heldBeside(wanted.realServers);
    const isFixed = realServers === wanted.realServers;
    this.virtualServers.set(wanted.frontend.key, isFixed ? wanted : { ...wanted, realServers });
  }
}

/** The same object, unless it may change under whoever else has it. */
function heldBeside(servers: RealServers): RealServers {
  return servers instanceof RealServerList ? new RealServerList(servers).trim() : servers;
}

/** Most VIPs have one frontend, and a set for each of ten thousand would take two megabytes. */
class FrontendsByVip {
  readonly #frontends = new Map<Address, FrontendKey | Set<FrontendKey>>();

  at(address: Address): ReadonlySet<FrontendKey> {
    const found = this.#frontends.get(address);
    if (found === undefined) return new Set();
    return typeof found === 'string' ? new Set([found]) : found;
  }

  add(address: Address, key: FrontendKey): void {
    const found = this.#frontends.get(address);
    if (found === undefined) this.#frontends.set(address, key);
    else if (typeof found !== 'string') found.add(key);
    else if (found !== key) this.#frontends.set(address, new Set([found, key]));
  }

  clear(): void {
    this.#frontends.clear();
  }

  remove(address: Address, key: FrontendKey): void {
    const found = this.#frontends.get(address);
    if (found instanceof Set) found.delete(key);
    if (found === key || (found instanceof Set && found.size === 0)) this.#frontends.delete(address);
  }
}

/** The frontends of other programs, counted by VIP. */
class ForeignFrontends extends Set<FrontendKey> {
  readonly #countAt = new Map<Address, number>();

  isAt(address: Address): boolean {
    return this.#countAt.has(address);
  }

  override add(key: FrontendKey): this {
    if (!this.has(key)) this.#count(addressOf(key), 1);
    return super.add(key);
  }

  override delete(key: FrontendKey): boolean {
    const wasThere = super.delete(key);
    if (wasThere) this.#count(addressOf(key), -1);
    return wasThere;
  }

  override clear(): void {
    super.clear();
    this.#countAt.clear();
  }

  #count(address: Address, difference: number): void {
    const count = (this.#countAt.get(address) ?? 0) + difference;
    if (count === 0) this.#countAt.delete(address);
    else this.#countAt.set(address, count);
  }
}

interface SourceState {
  readonly frontend: Frontend;
  readonly cidrs: Map<string, Cidr>;
}

class PolicyState implements PacketPolicy {
  readonly guarded = new Set<Address>();
  readonly owned = new Map<FrontendKey, Ownership>();
  readonly open = new Map<FrontendKey, Frontend>();
  readonly traffic = eachTrafficSet(() => new Map<FrontendKey, Frontend>());
  readonly sources = new Map<FrontendKey, SourceState>();

  acknowledge(operation: PolicyOperation): void {
    switch (operation.kind) {
      case 'own-frontend':
        this.owned.set(operation.frontend.key, { frontend: operation.frontend, owner: operation.owner });
        return;
      case 'disown-frontend':
        this.owned.delete(operation.frontend.key);
        return;
      case 'open-frontend':
        this.open.set(operation.frontend.key, operation.frontend);
        return;
      case 'close-frontend':
        this.open.delete(operation.frontend.key);
        return;
      case 'guard-vip':
        this.guarded.add(operation.address);
        return;
      case 'release-vip':
        this.guarded.delete(operation.address);
        return;
      case 'enter-set':
        this.traffic[operation.set].set(operation.frontend.key, operation.frontend);
        return;
      case 'leave-set':
        this.traffic[operation.set].delete(operation.frontend.key);
        return;
      case 'allow-source':
        this.allow(operation.frontend, operation.source);
        return;
      case 'forbid-source':
        this.#forbid(operation.frontend, operation.source);
        return;
    }
  }

  /** Holds the entry of the ledger as this object, as far as it is the same. */
  shareOwnership(wanted: Ownership): void {
    const { key } = wanted.frontend;
    const owned = this.owned.get(key);
    if (owned !== undefined && owned !== wanted && sameOwnership(owned, wanted)) this.owned.set(key, wanted);
  }

  /** The same of all that it says of the frontend. `traffic`: the sets that have any member, which are few. */
  share(wanted: Ownership, traffic: readonly TrafficSet[]): void {
    this.shareOwnership(wanted);
    const { frontend } = wanted;
    const { key } = frontend;
    shareFrontend(this.open, key, frontend);
    for (let index = 0; index < traffic.length; index++)
      shareFrontend(this.traffic[traffic[index] as TrafficSet], key, frontend);
  }

  /** The sets that have any member. */
  get filledTraffic(): TrafficSet[] {
    return TRAFFIC_SETS.filter((set) => this.traffic[set].size > 0);
  }

  allow(frontend: Frontend, source: Cidr): void {
    const known = this.sources.get(frontend.key);
    if (known === undefined)
      this.sources.set(frontend.key, { frontend, cidrs: new Map([[source.text, source]]) });
    else known.cidrs.set(source.text, source);
  }

  #forbid({ key }: Frontend, { text }: Cidr): void {
    const known = this.sources.get(key);
    known?.cidrs.delete(text);
    if (known?.cidrs.size === 0) this.sources.delete(key);
  }
}

function shareFrontend(frontends: Map<FrontendKey, Frontend>, key: FrontendKey, frontend: Frontend): void {
  const known = frontends.get(key);
  if (known !== undefined && sameFrontend(known, frontend)) frontends.set(key, frontend);
}

type Put = () => void;

function* otherMembers<T>(target: Set<T>, source: ReadonlySet<T>, puts: Put[]): Generator<void, void> {
  for (const member of target) {
    if (!source.has(member)) puts.push(() => target.delete(member));
    yield;
  }
  for (const member of source) {
    if (!target.has(member)) puts.push(() => target.add(member));
    yield;
  }
}

function* otherEntries<K, V>(
  target: Map<K, V>,
  source: ReadonlyMap<K, V>,
  isSame: (known: V, seen: V) => boolean,
  puts: Put[],
): Generator<void, void> {
  for (const key of target.keys()) {
    if (!source.has(key)) puts.push(() => target.delete(key));
    yield;
  }
  for (const [key, seen] of source) {
    const known = target.get(key);
    if (known === undefined || !isSame(known, seen)) puts.push(() => target.set(key, seen));
    yield;
  }
}

// Under one key they differ by their mark at most.
function sameFrontend(known: Frontend, seen: Frontend): boolean {
  return known.mark === seen.mark;
}

function sameOwnership(known: Ownership, seen: Ownership): boolean {
  return known.owner === seen.owner && sameFrontend(known.frontend, seen.frontend);
}

/**
 * A map that is asked for the same key many times in a row: the operations of one virtual server follow one another,
 * and a hundred thousand of them would look it up several times each.
 */
export class RecentMap<K, V> extends Map<K, V> {
  #key: K | undefined;
  #value: V | undefined;

  override get(key: K): V | undefined {
    if (key === this.#key && this.#value !== undefined) return this.#value;
    const value = super.get(key);
    this.#key = key;
    this.#value = value;
    return value;
  }

  override has(key: K): boolean {
    return (key === this.#key && this.#value !== undefined) || super.has(key);
  }

  override set(key: K, value: V): this {
    if (key === this.#key) this.#value = value;
    return super.set(key, value);
  }

  override delete(key: K): boolean {
    if (key === this.#key) this.#value = undefined;
    return super.delete(key);
  }

  override clear(): void {
    this.#value = undefined;
    super.clear();
  }
}
