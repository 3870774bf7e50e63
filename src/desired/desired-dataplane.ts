import type { Address } from '../model/address.js';
import type { ServiceView } from '../model/cluster-view.js';
import type { Dataplane } from '../model/dataplane.js';
import { type FrontendKey, insideKey, isInside, isInsideKey, outsideKey } from '../model/frontend.js';
import { KernelKeySet, type KernelKeys } from '../model/kernel-keys.js';
import type { NodeRecord, OtherNodes } from '../model/node.js';
import type { Problem } from '../model/problem.js';
import type { RelayRoute } from '../model/relay-route.js';
import type { ReservedAddress } from '../model/reserved-address.js';
import { type HealthCheckService, type Pace, paceOf } from '../model/service.js';
import type { HeldAddress } from '../model/service-facts.js';
import type { ServiceKey } from '../model/service-key.js';
import type { VirtualServer } from '../model/virtual-server.js';
import { Allocations } from './allocations.js';
import { CountedSet, DesiredPolicy } from './desired-policy.js';
import { FrontendClaims, FrontendConflicts, type LostFrontend } from './frontend-claims.js';
import { HashTables } from './hash-tables.js';
import { MarkBook } from './mark-book.js';
import { type NodeChange, NodeFacts, type ReservedBy } from './node-facts.js';
import { LONE_NODE, type NodeProfile } from './node-view.js';
import type { ServiceFrontend } from './service-frontend.js';
import { type ServiceFrontends, serviceFrontends } from './service-frontends.js';
import { HealthChecks, RelayRoutes, ServiceShares } from './service-shares.js';

/**
 * The data plane that should exist, as an index over what each Service wants. Refreshing one Service costs what that
 * Service has, never what the cluster has, and answers with the kernel keys that may have changed.
 */
export class DesiredDataplane implements Dataplane {
  readonly virtualServers = new Map<FrontendKey, VirtualServer>();
  readonly bound: ReadonlySet<Address>;
  readonly policy: DesiredPolicy;
  readonly #node: NodeFacts;
  readonly #marks = new MarkBook();
  readonly #hashTables = new HashTables();
  readonly #allocations = new Allocations();
  readonly #vips = new CountedSet<Address>();
  readonly #claims = new FrontendClaims();
  readonly #shares = new ServiceShares();
  readonly #conflicts = new FrontendConflicts(this.#claims);
  /** Of deleted Services, on addresses that were no ClusterIPs of theirs, and of others what another Service has been given. */
  readonly #released = new Set<FrontendKey>();
  readonly #relays = new RelayRoutes();
  readonly #paces = new Map<ServiceKey, Pace>();
  readonly #healthChecks = new HealthChecks();
  /** The frontends of which clients inside see something else. */
  readonly #viewed = new Set<FrontendKey>();

  constructor(node: NodeProfile) {
    this.#node = new NodeFacts(node, {
      markOf: (view) => this.#marks.markOf(view),
      takeHashTables: (service, count) => this.#hashTables.take(service, count),
      holderOf: (allocation, claimant) => this.#allocations.holderOf(allocation, claimant),
    });
    this.bound = this.#vips.members;
    this.policy = new DesiredPolicy(this.#vips.members);
  }

  /** Firewall marks follow from this key from now on; see `Kernel.markKey`. */
  setMarkKey(key: string): void {
    this.#marks.setKey(key);
  }

  /**
   * Takes over the marks of what the kernel has, and answers with the views whose mark cannot stay: it is no mark that may be
   * used, or another view has it, or this view another.
   */
  keepMarks({ policy: { owned, open } }: Dataplane): Set<FrontendKey> {
    const views = [...owned.values()].map(({ frontend }) => frontend).filter(isInside);
    for (const view of views) this.#marks.keep(view);
    const stale = [...views, ...[...open.values()].filter(isInside)].filter((view) => !this.#marks.has(view));
    return new Set(stale.map(({ key }) => key));
  }

  /** How many firewall marks are taken. */
  get markCount(): number {
    return this.#marks.size;
  }

  /** Frees the marks of those among the keys that nobody wants and that the kernel does not have. */
  releaseMarks(keys: Iterable<FrontendKey>, observed: Dataplane): void {
    if (this.#marks.size === 0) return;
    for (const key of keys) {
      if (!isInsideKey(key) || this.#claims.winner(outsideKey(key)) !== undefined) continue;
      if (!observed.policy.owned.has(key) && !observed.virtualServers.has(key)) this.#marks.release(key);
    }
  }

  /** The node's own addresses are others; answers with the Services that have to be worked out anew, as those below do. */
  setNodeAddresses(addresses: readonly Address[]): ServiceKey[] {
    return this.#concernedBy(this.#node.setAddresses(addresses));
  }

  /** What the Node object says now, undefined while there is none. */
  setNode(node: NodeRecord | undefined): ServiceKey[] {
    return this.#concernedBy(this.#node.setRecord(node));
  }

  /** Which addresses other Nodes have now. */
  setOtherNodes(others: OtherNodes): ServiceKey[] {
    return this.#concernedBy(this.#node.setOtherNodes(others));
  }

  /** Which addresses nodes need themselves, as one of those who know some says now. */
  setReserved(by: ReservedBy, addresses: readonly ReservedAddress[]): ServiceKey[] {
    return this.#concernedBy(this.#node.setReserved(by, addresses));
  }

  /**
   * The Services that have to be worked out anew since others, which have been worked out, were given what they claim, or gave it
   * back.
   */
  takeConcerned(): ServiceKey[] {
    return this.#allocations.takeConcerned();
  }

  /** The addresses that no Service may have; those of them that are the node's own carry NodePorts all the same. */
  get reserved(): Iterable<Address> {
    return this.#node.view.reserved.keys();
  }

  /**
   * Whether nothing of ours may stay at the address, not even to drain: it is another Node's, or reserved. An address of this node
   * may not stay guarded, since the node needs its ports; unguarded it carries NodePorts.
   */
  mustLeave(address: Address | undefined, guarded: ReadonlySet<Address>): boolean {
    if (address === undefined || this.bound.has(address)) return false;
    const { addresses, others, reserved } = this.#node.view;
    if (addresses.includes(address)) return guarded.has(address);
    return others.has(address) || reserved.has(address);
  }

  /**
   * Whether the frontend is to go without a drain: its Service was deleted, and its address is one that users write or a node's own, or
   * another Service was given it. A drain would keep it for whoever holds a connection. What the API server gave, it does not give to
   * others so soon.
   */
  isReleased(key: FrontendKey): boolean {
    return this.#released.has(key) && this.#claims.winner(key) === undefined;
  }

  /** Nothing of the frontend is left. */
  forgetReleased(key: FrontendKey): void {
    this.#released.delete(key);
  }

  /** Whether no Service wants anything. */
  get isEmpty(): boolean {
    return this.#shares.areEmpty;
  }

  /** The addresses on which NodePorts are shown; undefined where they are on all. */
  get restrictedPortAddresses(): readonly Address[] | undefined {
    const { nodePorts, portAddresses } = this.#node.view;
    return nodePorts.length === 0 ? undefined : portAddresses;
  }

  /** Services that lost a frontend to another, and addresses that a Service should not have. */
  get problems(): Problem[] {
    return [...this.#conflicts.problems, ...this.#shares.problems];
  }

  /**
   * For each Service that load balancers ask about: the port they ask, and its ready endpoints on this node. The same map as
   * long as none changes.
   */
  get healthChecks(): ReadonlyMap<ServiceKey, HealthCheckService> {
    return this.#healthChecks.all;
  }

  /** NodePorts on loopback addresses, for whoever relays them: the same list as long as none changes. */
  get relays(): readonly RelayRoute[] {
    return this.#relays.all;
  }

  /** The Service that has the frontend. */
  serviceOf(key: FrontendKey): ServiceKey | undefined {
    return this.#holderOf(key)?.service.key;
  }

  /** Who has the frontend, as its Service asks for it. */
  wishOf(key: FrontendKey): Pick<ServiceFrontend, 'owner' | 'service'> | undefined {
    return this.#holderOf(key);
  }

  /** Frontends that a Service asks for and another has, of each Service the first ten. */
  get lostFrontends(): readonly LostFrontend[] {
    return this.#conflicts.lost;
  }

  /** What the Service asks for, each frontend with its view of clients inside. */
  wishesOf(service: ServiceKey): readonly ServiceFrontend[] {
    return this.#shares.get(service)?.frontends ?? [];
  }

  /** Which of these addresses, that the Service asks for, others have: another Node, or another Service as its ClusterIP. */
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
    return this.#shares.frontendsOf(service);
  }

  /** How many frontends, views of inside clients and real servers the Service asks for: what a change of it costs at most. */
  entriesOf(service: ServiceKey): number {
    return this.#shares.entriesOf(service);
  }

  /** How fast endpoints of the frontend come and go; undefined where its Service asks for nothing of its own. */
  paceOf(key: FrontendKey): Pace | undefined {
    if (this.#paces.size === 0) return undefined;
    const service = this.serviceOf(key);
    return service === undefined ? undefined : this.#paces.get(service);
  }

  /** Frontends whose Service has no usable endpoint: they are refused. */
  withoutEndpoints(): Pick<ServiceFrontend, 'owner' | 'frontend' | 'offered'>[] {
    return [...this.#shares.frontends()].filter(
      (wish) => wish.virtualServer === undefined && this.#claims.winner(wish.frontend.key) === wish,
    );
  }

  /** Takes in the Service as it is now; `touched`: the kernel keys to which those that may have changed are added. */
  refresh(key: ServiceKey, view: ServiceView, touched = new KernelKeySet()): KernelKeys {
    finish(this.refreshInPieces(key, view, touched));
    return touched;
  }

  /**
   * The same in pieces, between which others may have their turn: each is told by how many virtual and real servers it was. Nothing of
   * it is to be seen before the end.
   */
  *refreshInPieces(key: ServiceKey, view: ServiceView, touched: KernelKeySet): Generator<number, void> {
    this.#allocations.refresh(key, view.service);
    if (view.service === undefined) this.#hashTables.take(key, 0);
    const node = this.#node.view;
    let wants = yield* serviceFrontends(view, node);
    // Whoever changed the node meanwhile could not know that this Service is concerned.
    if (this.#node.view !== node) wants = finish(serviceFrontends(view, this.#node.view));
    this.#exchange(key, view, wants, touched);
  }

  #exchange(key: ServiceKey, { service }: ServiceView, after: ServiceFrontends, touched: KernelKeySet): void {
    const before = this.#shares.get(key);
    this.#healthChecks.refresh(key, after.healthCheck);
    this.#relays.refresh(key, service);
    const pace = service && paceOf(service);
    if (pace !== undefined) this.#paces.set(key, pace);
    else if (this.#paces.size > 0) this.#paces.delete(key);
    this.#enter(after);
    if (before !== undefined) {
      this.#leave(before);
      this.#release(key, before, service !== undefined);
    }
    this.#shares.set(key, service === undefined ? undefined : after);
    this.#settle(after, touched);
    if (before !== undefined) this.#settle(before, touched);
  }

  #concernedBy(change: NodeChange): ServiceKey[] {
    return this.#shares.concernedBy(change, this.#node.view, this.bound);
  }

  #enter({ frontends, vips }: ServiceFrontends): void {
    for (const claim of frontends) this.#claims.add(claim);
    for (const vip of vips) this.#vips.add(vip);
  }

  #leave({ frontends, vips }: ServiceFrontends): void {
    for (const claim of frontends) this.#claims.remove(claim);
    for (const vip of vips) this.#vips.remove(vip);
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

  /** Decides who has the frontends of a share, once every claim to them is known. */
  #settle({ frontends, vips }: ServiceFrontends, touched: KernelKeySet): void {
    for (const { frontend } of frontends) {
      const wish = this.#claims.winner(frontend.key);
      touched.frontends.add(frontend.key);
      this.#conflicts.settle(frontend.key);
      this.#put(frontend.key, wish);
      this.#settleInside(frontend.key, wish?.inside, touched);
    }
    for (const vip of vips) touched.vips.add(vip);
  }

  // The view goes with the frontend: whoever had it by a claim of its own would take another Service's clients.
  #settleInside(outside: FrontendKey, wish: ServiceFrontend | undefined, touched: KernelKeySet): void {
    if (wish === undefined && !this.#viewed.has(outside)) return;
    if (wish === undefined) this.#viewed.delete(outside);
    else this.#viewed.add(outside);
    const key = insideKey(outside);
    touched.frontends.add(key);
    this.#put(key, wish);
  }

  #holderOf(key: FrontendKey): ServiceFrontend | undefined {
    const holder = this.#claims.winner(outsideKey(key));
    return isInsideKey(key) ? holder?.inside : holder;
  }

  #put(key: FrontendKey, wish: ServiceFrontend | undefined): void {
    this.policy.settle(key, wish);
    if (wish?.virtualServer === undefined) this.virtualServers.delete(key);
    else this.virtualServers.set(key, wish.virtualServer);
  }
}

/** For whoever wants everything of ours gone. */
export function nothingDesired(): DesiredDataplane {
  return new DesiredDataplane(LONE_NODE);
}

function finish<T>(pieces: Generator<number, T>): T {
  for (;;) {
    const { done, value } = pieces.next();
    if (done) return value;
  }
}
