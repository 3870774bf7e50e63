import type { Address } from '../model/address.js';
import type { ClusterFacts } from '../model/cluster-facts.js';
import type { ServiceView } from '../model/cluster-view.js';
import type { Dataplane } from '../model/dataplane.js';
import { type FrontendKey, isInsideKey, outsideKey } from '../model/frontend.js';
import { KernelKeySet, type KernelKeys } from '../model/kernel-keys.js';
import type { Problem } from '../model/problem.js';
import type { RelayRoute } from '../model/relay-route.js';
import type { ReservedAddress } from '../model/reserved-address.js';
import type { HealthCheckService, Pace } from '../model/service.js';
import type { HeldAddress } from '../model/service-facts.js';
import type { ServiceKey } from '../model/service-key.js';
import { Allocations } from './allocations.js';
import { DesiredServices } from './desired-services.js';
import type { LostFrontend } from './frontend-claims.js';
import { HashTables } from './hash-tables.js';
import { MarkBook } from './mark-book.js';
import { type NodeChange, NodeFacts } from './node-facts.js';
import { LONE_NODE, type NodeProfile } from './node-view.js';
import { isNodeLocal, type ServiceFrontend } from './service-frontend.js';
import { type ServiceFrontends, serviceFrontends, serviceFrontendsInPieces } from './service-frontends.js';
import { SettledFrontends } from './settled-frontends.js';

/**
 * The data plane that should exist, as an index over what each Service wants. Refreshing one Service costs what that
 * Service has, never what the cluster has, and answers with the kernel keys that may have changed.
 */
export class DesiredDataplane implements Dataplane {
  readonly #node: NodeFacts;
  readonly #marks = new MarkBook();
  readonly #hashTables = new HashTables();
  readonly #allocations = new Allocations();
  readonly #services = new DesiredServices();
  readonly #frontends = new SettledFrontends();
  /**
   * Of deleted Services, on addresses that were no ClusterIPs of theirs, and of others what another Service has been
   * given.
   */
  readonly #released = new Set<FrontendKey>();
  // Own fields, since every comparison of a frontend begins with them.
  readonly virtualServers = this.#frontends.virtualServers;
  readonly policy = this.#frontends.policy;
  readonly bound = this.#frontends.bound;

  constructor(node: NodeProfile) {
    this.#node = new NodeFacts(node, {
      markOf: (view) => this.#marks.markOf(view),
      takeHashTables: (service, count) => this.#hashTables.take(service, count),
      holderOf: (allocation, claimant) => this.#allocations.holderOf(allocation, claimant),
    });
  }

  /** Firewall marks follow from this key from now on; see `Kernel.markKey`. */
  setMarkKey(key: string): void {
    this.#marks.setKey(key);
  }

  /** Takes over the marks of what the kernel has; the views whose mark cannot stay, see `MarkBook`. */
  keepMarks({ policy }: Dataplane): Generator<void, Set<FrontendKey>> {
    return this.#marks.keepAll(policy);
  }

  /** How many firewall marks are taken. */
  get markCount(): number {
    return this.#marks.size;
  }

  /** Frees the marks of those among the keys that no Service wants and that the kernel does not have; in pieces too. */
  *releaseMarks(keys: Iterable<FrontendKey>, observed: Dataplane): Generator<void, void> {
    if (this.#marks.size === 0) return;
    for (const key of keys) {
      yield;
      if (!isInsideKey(key) || this.#frontends.holderOf(outsideKey(key)) !== undefined) continue;
      if (!observed.policy.owned.has(key) && !observed.virtualServers.has(key)) this.#marks.release(key);
    }
  }

  /**
   * The node's own addresses are others; answers with the Services that have to be worked out anew, as those below do.
   */
  setNodeAddresses(addresses: readonly Address[]): ServiceKey[] {
    return this.#concernedBy(this.#node.setAddresses(addresses));
  }

  /** What the cluster says beside its Services. */
  setFacts(facts: ClusterFacts): ServiceKey[] {
    return this.#concernedBy(this.#node.setCluster(facts));
  }

  /** Which addresses this node needs for itself. */
  setReserved(addresses: readonly ReservedAddress[]): ServiceKey[] {
    return this.#concernedBy(this.#node.setReserved(addresses));
  }

  /** On which addresses and ports processes of the node listen: those of Services that prefer these matter. */
  setListeners(listeners: ReadonlySet<FrontendKey>): ServiceKey[] {
    const before = this.#node.view.listeners;
    this.#node.setListeners(listeners);
    return this.#services.preferring((key) => before.has(key) !== listeners.has(key));
  }

  /**
   * The Services that have to be worked out anew since others, which have been worked out, were given what they claim,
   * or gave it back.
   */
  takeConcerned(): ServiceKey[] {
    return this.#allocations.takeConcerned();
  }

  /** The addresses that no Service may have; those of them that are the node's own carry NodePorts all the same. */
  get reserved(): Iterable<Address> {
    return this.#node.view.reserved.keys();
  }

  /**
   * Whether nothing of ours may stay at the address, not even to drain: it is another Node's, or reserved. An address
   * of this node may not stay guarded, since the node needs its ports; unguarded it carries NodePorts.
   */
  mustLeave(address: Address | undefined, guarded: ReadonlySet<Address>): boolean {
    if (address === undefined || this.bound.has(address)) return false;
    const { addresses, others, reserved } = this.#node.view;
    if (addresses.includes(address)) return guarded.has(address);
    return others.has(address) || reserved.has(address);
  }

  /**
   * Whether the frontend is to go without a drain: its Service was deleted, and its address is one that users write or
   * a node's own, or another Service was given it. A drain would keep it for whoever holds a connection. What the API
   * server gave, it does not give to others so soon.
   */
  isReleased(key: FrontendKey): boolean {
    return this.#released.has(key) && this.#frontends.holderOf(key) === undefined;
  }

  /** Forgets those of which nothing is left. */
  forgetReleased(keys: Iterable<FrontendKey>, { virtualServers }: Pick<Dataplane, 'virtualServers'>): void {
    if (this.#released.size === 0) return;
    for (const key of keys) if (!virtualServers.has(key)) this.#released.delete(key);
  }

  /** Whether no Service wants anything. */
  get isEmpty(): boolean {
    return this.#services.areEmpty;
  }

  /** The addresses on which NodePorts are shown; undefined where they are on all. */
  get restrictedPortAddresses(): readonly Address[] | undefined {
    const { nodePorts, portAddresses } = this.#node.view;
    return nodePorts.length === 0 ? undefined : portAddresses;
  }

  /** Services that lost a frontend to another, and addresses that a Service should not have. */
  get problems(): Problem[] {
    return [...this.#frontends.problems, ...this.#services.problems];
  }

  /**
   * For each Service that load balancers ask about: the port they ask, and its ready endpoints on this node. The same
   * map as long as none changes.
   */
  get healthChecks(): ReadonlyMap<ServiceKey, HealthCheckService> {
    return this.#services.healthChecks;
  }

  /** NodePorts on loopback addresses, for whoever relays them: the same list as long as none changes. */
  get relays(): readonly RelayRoute[] {
    return this.#services.relays;
  }

  /** The Service that has the frontend. */
  serviceOf(key: FrontendKey): ServiceKey | undefined {
    return this.#frontends.holderOf(key)?.service.key;
  }

  /** The same, as it asks for it. */
  holderOf(key: FrontendKey): Pick<ServiceFrontend, 'owner' | 'service' | 'kind' | 'portIndex'> | undefined {
    return this.#frontends.holderOf(key);
  }

  /** Frontends that a Service asks for and another has, of each Service the first ten. */
  get lostFrontends(): readonly LostFrontend[] {
    return this.#frontends.lost;
  }

  /** What the Service asks for, each frontend with its view of clients inside. */
  claimsOf(service: ServiceKey): readonly ServiceFrontend[] {
    return this.#services.get(service)?.frontends ?? [];
  }

  /**
   * Which of these addresses, that the Service asks for, others have: another Node, or another Service as its
   * ClusterIP.
   */
  heldElsewhere(addresses: readonly Address[], service: ServiceKey): HeldAddress[] {
    return addresses.flatMap((address): HeldAddress[] => {
      const owner = this.#allocations.holderOf(address, service);
      if (owner !== undefined) return [{ address, service: owner }];
      const node = this.#node.view.others.get(address);
      return node === undefined || this.#node.view.addresses.includes(address) ? [] : [{ address, node }];
    });
  }

  /** Where this node is, and in which families it has addresses. */
  get place(): Pick<NodeProfile, 'name' | 'zone' | 'families'> {
    return this.#node.view;
  }

  /** The frontends that the Service asks for. */
  frontendsOf(service: ServiceKey): readonly FrontendKey[] {
    return this.#services.frontendsOf(service);
  }

  /**
   * How many frontends, views of inside clients and real servers the Service asks for: what a change of it costs at
   * most.
   */
  entriesOf(service: ServiceKey): number {
    return this.#services.entriesOf(service);
  }

  /** Whether any Service asks for a pace of its own. */
  get arePaced(): boolean {
    return this.#services.arePaced;
  }

  /** How fast endpoints of the frontend come and go; undefined where its Service asks for nothing of its own. */
  paceOf(key: FrontendKey): Pace | undefined {
    if (!this.arePaced) return undefined;
    const service = this.serviceOf(key);
    return service === undefined ? undefined : this.#services.paceOf(service);
  }

  /** Frontends whose Service has no usable endpoint: they are refused. In pieces, of which none takes long. */
  *withoutEndpoints(): Generator<void, Pick<ServiceFrontend, 'owner' | 'frontend' | 'offered'>[]> {
    const refused: ServiceFrontend[] = [];
    for (const claim of this.#services.frontends()) {
      if (claim.virtualServer === undefined && !isNodeLocal(claim) && this.#has(claim)) refused.push(claim);
      yield;
    }
    return refused;
  }

  /** Frontends that are left to a process of the node that listens there. */
  nodeLocal(): Pick<ServiceFrontend, 'owner' | 'frontend'>[] {
    return this.#services.preferListeners
      ? [...this.#services.frontends()].filter((claim) => isNodeLocal(claim) && this.#has(claim))
      : [];
  }

  #has(claim: ServiceFrontend): boolean {
    return this.#frontends.holderOf(claim.frontend.key) === claim;
  }

  /** Takes in the Service as it is now; `touched`: the kernel keys to which those that may have changed are added. */
  refresh(key: ServiceKey, view: ServiceView, touched = new KernelKeySet()): KernelKeys {
    const before = this.#begin(key, view);
    this.#exchange(key, view, before, serviceFrontends(view, this.#node.view), touched);
    return touched;
  }

  /**
   * The same in pieces, between which others may have their turn: each answers with how many virtual and real servers
   * it was. Nothing of it is to be seen before the end.
   */
  *refreshInPieces(key: ServiceKey, view: ServiceView, touched: KernelKeySet): Generator<number, void> {
    const before = this.#begin(key, view);
    const node = this.#node.view;
    let wants = yield* serviceFrontendsInPieces(view, node);
    // Whoever changed the node meanwhile could not know that this Service is concerned.
    if (this.#node.view !== node) wants = serviceFrontends(view, this.#node.view);
    this.#exchange(key, view, before, wants, touched);
  }

  /** What the Service has wanted so far. */
  #begin(key: ServiceKey, { service }: ServiceView): ServiceFrontends | undefined {
    const before = this.#services.get(key);
    this.#allocations.refresh(key, before?.service, service);
    if (service === undefined) this.#hashTables.take(key, 0);
    return before;
  }

  #exchange(
    key: ServiceKey,
    { service }: ServiceView,
    before: ServiceFrontends | undefined,
    after: ServiceFrontends,
    touched: KernelKeySet,
  ): void {
    if (before !== undefined) this.#release(key, before, service !== undefined);
    this.#services.exchange(key, service, before, after);
    this.#frontends.exchange(before, after, touched);
  }

  #concernedBy(change: NodeChange): ServiceKey[] {
    return this.#services.concernedBy(change, this.#node.view, this.bound);
  }

  #release(key: ServiceKey, { frontends }: ServiceFrontends, isThere: boolean): void {
    for (const { frontend, kind, service } of frontends) {
      const { address, port } = frontend;
      const isTaken = () =>
        this.#allocations.holderOf(address, key) !== undefined ||
        this.#allocations.holderOf(port, key) !== undefined;
      const isReleased = isThere
        ? (kind === 'external' || kind === 'balancer') && isTaken()
        : !service.clusterIPs.includes(address);
      if (isReleased) this.#released.add(frontend.key);
    }
  }
}

/** For removing everything of ours. */
export function nothingDesired(): DesiredDataplane {
  return new DesiredDataplane(LONE_NODE);
}
