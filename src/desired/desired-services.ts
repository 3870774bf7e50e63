import { type Address, FAMILIES, familyOf } from '../model/address.js';
import type { FrontendKey } from '../model/frontend.js';
import type { Problem } from '../model/problem.js';
import type { RelayRoute } from '../model/relay-route.js';
import { type HealthCheckService, hasNodePort, type Pace, paceOf, type Service } from '../model/service.js';
import type { ServiceKey } from '../model/service-key.js';
import { ShardedMap } from '../model/sharded-map.js';
import type { NodeChange } from './node-facts.js';
import type { NodeView } from './node-view.js';
import { entriesIn, type ServiceFrontend } from './service-frontend.js';
import type { ServiceFrontends } from './service-frontends.js';
import { isEndOfSubnet } from './service-slices.js';

/** What each Service wants, and which of them a change of the node concerns. */
export class DesiredServices {
  /** Those that want nothing now are among them: on another node, or with other addresses, they would. */
  readonly #wanted = new ShardedMap<ServiceKey, ServiceFrontends>(11);
  /** What they claim, or have as endpoints, and may not have; of hardly any. */
  readonly #refused = new Map<ServiceKey, readonly Address[]>();
  readonly #problems = new Map<ServiceKey, readonly Problem[]>();
  readonly #paces = new Map<ServiceKey, Pace>();
  readonly #healthChecks = new HealthChecks();
  readonly #relays = new RelayRoutes();
  /** Those that prefer processes of the node. */
  readonly #preferring = new Set<ServiceKey>();
  #serving = 0;

  get(key: ServiceKey): ServiceFrontends | undefined {
    return this.#wanted.get(key);
  }

  /**
   * `service`: as it is now; undefined where there is none. `before`: what it has wanted so far; `wanted`: what it wants
   * on this node from now on.
   */
  exchange(
    key: ServiceKey,
    service: Service | undefined,
    before: ServiceFrontends | undefined,
    wanted: ServiceFrontends,
  ): void {
    const { refused, problems } = wanted;
    const isThere = service !== undefined;
    this.#serving += Number(serves(wanted)) - Number(serves(before));
    if (isThere) this.#wanted.set(key, wanted);
    else this.#wanted.delete(key);
    keep(this.#refused, key, isThere && refused.length > 0 ? refused : undefined);
    keep(this.#problems, key, isThere && problems.length > 0 ? problems : undefined);
    keep(this.#paces, key, service && paceOf(service));
    this.#healthChecks.refresh(key, wanted.healthCheck);
    this.#relays.refresh(key, service);
    if (service?.prefersNodeLocal === true) this.#preferring.add(key);
    else if (this.#preferring.size > 0) this.#preferring.delete(key);
  }

  /** How fast its endpoints come and go; undefined where it asks for nothing of its own. */
  paceOf(service: ServiceKey): Pace | undefined {
    return this.#paces.get(service);
  }

  /** Whether any Service asks for a pace of its own. */
  get arePaced(): boolean {
    return this.#paces.size > 0;
  }

  get healthChecks(): ReadonlyMap<ServiceKey, HealthCheckService> {
    return this.#healthChecks.all;
  }

  get relays(): readonly RelayRoute[] {
    return this.#relays.all;
  }

  /** Whether any prefers processes of the node. */
  get preferListeners(): boolean {
    return this.#preferring.size > 0;
  }

  /** Those that prefer processes of the node and ask for one of these frontends. */
  preferring(isConcerned: (key: FrontendKey) => boolean): ServiceKey[] {
    return [...this.#preferring].filter((key) => this.frontendsOf(key).some(isConcerned));
  }

  /** Whether none wants anything. */
  get areEmpty(): boolean {
    return this.#serving === 0;
  }

  get problems(): Problem[] {
    return [...this.#problems.values()].flat();
  }

  *frontends(): Generator<ServiceFrontend> {
    for (const { frontends } of this.#wanted.values()) yield* frontends;
  }

  /** The frontends that the Service asks for, views of clients inside among them. */
  frontendsOf(service: ServiceKey): readonly FrontendKey[] {
    const { frontends = [] } = this.#wanted.get(service) ?? {};
    return frontends.flatMap(({ frontend, inside }) =>
      inside === undefined ? [frontend.key] : [frontend.key, inside.frontend.key],
    );
  }

  /** How many frontends, views of clients inside and real servers it asks for: what a change of it costs at most. */
  entriesOf(service: ServiceKey): number {
    let entries = 0;
    for (const claim of this.#wanted.get(service)?.frontends ?? []) entries += entriesIn(claim);
    return entries;
  }

  /** `bound`: the addresses that they have together. */
  concernedBy(
    { all, external, addresses }: NodeChange,
    node: NodeView,
    bound: ReadonlySet<Address>,
  ): ServiceKey[] {
    if (all) return [...this.#wanted.keys()];
    const outside = external ? this.#where(({ isExternal }) => isExternal) : [];
    if (addresses.length === 0) return outside;
    return [...new Set([...outside, ...this.#concernedByAddresses(new Set(addresses), node, bound)])];
  }

  // As good as always none of the addresses is claimed or an endpoint's: then no Service needs to be looked at.
  #concernedByAddresses(
    moved: ReadonlySet<Address>,
    node: NodeView,
    bound: ReadonlySet<Address>,
  ): ServiceKey[] {
    const isMoved = (address: Address) => moved.has(address);
    const refused = [...this.#refused].flatMap(([key, claimed]) => (claimed.some(isMoved) ? [key] : []));
    const areOwn = node.addresses.some(isMoved);
    const areEnds = [...moved].some((address) => isEndOfSubnet(address, node.reserved));
    if (!areOwn && !areEnds && ![...moved].some((address) => bound.has(address))) return refused;
    const serving = this.#where(
      (wanted) =>
        wanted.vips.some(isMoved) || (areOwn && wanted.isExternal) || (areEnds && leadsTo(wanted, isMoved)),
    );
    return [...new Set([...refused, ...serving])];
  }

  #where(isConcerned: (wanted: ServiceFrontends) => boolean): ServiceKey[] {
    return [...this.#wanted].flatMap(([key, wanted]) => (isConcerned(wanted) ? [key] : []));
  }
}

function serves(wanted: ServiceFrontends | undefined): boolean {
  return wanted !== undefined && wanted.frontends.length > 0;
}

function leadsTo({ frontends }: ServiceFrontends, isMoved: (address: Address) => boolean): boolean {
  return frontends.some(({ virtualServer, inside }) => {
    const servers = [...(virtualServer?.realServers ?? []), ...(inside?.virtualServer?.realServers ?? [])];
    return servers.some(({ address }) => isMoved(address));
  });
}

function keep<K, V>(map: Map<K, V>, key: K, value: V | undefined): void {
  if (value !== undefined) map.set(key, value);
  else if (map.size > 0) map.delete(key);
}

/** What load balancers ask of this node, of all Services. */
export class HealthChecks {
  readonly #checks = new Map<ServiceKey, HealthCheckService>();
  #all: ReadonlyMap<ServiceKey, HealthCheckService> | undefined;

  /** The same map as long as nothing changes, so that a pass without such a change costs nothing. */
  get all(): ReadonlyMap<ServiceKey, HealthCheckService> {
    this.#all ??= new Map(this.#checks);
    return this.#all;
  }

  refresh(key: ServiceKey, check: HealthCheckService | undefined): void {
    if (check === undefined && this.#checks.size === 0) return;
    if (isSameCheck(this.#checks.get(key), check)) return;
    this.#all = undefined;
    if (check === undefined) this.#checks.delete(key);
    else this.#checks.set(key, check);
  }
}

function isSameCheck(one: HealthCheckService | undefined, other: HealthCheckService | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return (
    one.port === other.port && one.localEndpoints === other.localEndpoints && one.created === other.created
  );
}

const LOOPBACKS = { IPv4: '127.0.0.1' as Address, IPv6: '::1' as Address } as const;

const NO_ROUTES: readonly RelayRoute[] = [];

/** The NodePorts of all Services on this node's loopback addresses. */
export class RelayRoutes {
  readonly #routes = new Map<ServiceKey, readonly RelayRoute[]>();
  #all: readonly RelayRoute[] | undefined = [];

  /** The same list as long as none changes. */
  get all(): readonly RelayRoute[] {
    this.#all ??= [...this.#routes.values()].flat();
    return this.#all;
  }

  refresh(key: ServiceKey, service: Service | undefined): void {
    const after = service?.ports.some(hasNodePort) === true ? relayRoutes(service) : NO_ROUTES;
    if (after.length === 0 && this.#routes.size === 0) return;
    const before = this.#routes.get(key);
    if (areSameRoutes(before ?? NO_ROUTES, after)) return;
    this.#all = undefined;
    if (after.length === 0) this.#routes.delete(key);
    else this.#routes.set(key, after);
  }
}

function areSameRoutes(some: readonly RelayRoute[], others: readonly RelayRoute[]): boolean {
  return (
    some.length === others.length &&
    some.every(({ nodePort, address, port }, index) => {
      const other = others[index];
      return nodePort === other?.nodePort && address === other.address && port === other.port;
    })
  );
}

/** The Service's NodePorts on this node's loopback addresses; none where it has no ClusterIP to relay to. */
function relayRoutes({ key: service, clusterIPs, ports }: Service): readonly RelayRoute[] {
  const first = clusterIPs[0];
  if (first === undefined) return NO_ROUTES;
  return ports
    .filter((port) => hasNodePort(port) && port.protocol === 'TCP')
    .flatMap(({ nodePort, port }) =>
      FAMILIES.map((family): RelayRoute => {
        const address = clusterIPs.find((candidate) => familyOf(candidate) === family) ?? first;
        return { service, loopback: LOOPBACKS[family], nodePort, address, port };
      }),
    );
}
