import type { Address } from '../model/address.js';
import type { ServiceView } from '../model/cluster-view.js';
import type { Dataplane, Ownership } from '../model/dataplane.js';
import type { FrontendKey } from '../model/frontend.js';
import type { HealthCheckService } from '../model/health-check.js';
import { KernelKeySet, type KernelKeys } from '../model/kernel-keys.js';
import type { NodeRecord } from '../model/node.js';
import { movedAddresses, NO_OTHER_NODES, type OtherNodes } from '../model/other-nodes.js';
import type { Problem } from '../model/problem.js';
import type { RelayRoute } from '../model/relay-route.js';
import { type Pace, paceOf } from '../model/service.js';
import type { ServiceKey } from '../model/service-key.js';
import type { VirtualServer } from '../model/virtual-server.js';
import { CountedSet } from './counted-set.js';
import { DesiredPolicy } from './desired-policy.js';
import { FrontendClaims } from './frontend-claims.js';
import { FrontendConflicts } from './frontend-conflicts.js';
import { HealthChecks } from './health-checks.js';
import { MarkBook } from './mark-book.js';
import { nodePortAddresses } from './node-port-addresses.js';
import { LONE_NODE, type NodeProfile } from './node-settings.js';
import { type NodeView, sameAddresses } from './node-view.js';
import { RelayRoutes } from './relay-routes.js';
import { type ServiceFrontends, serviceFrontends } from './service-frontends.js';

/**
 * The data plane that should exist, as an index over what each Service wants. Refreshing one Service costs what that
 * Service has, never what the cluster has, and answers with the kernel keys that may have changed.
 */
export class DesiredDataplane implements Dataplane {
  readonly virtualServers = new Map<FrontendKey, VirtualServer>();
  readonly bound: ReadonlySet<Address>;
  readonly policy: DesiredPolicy;
  #node: NodeView;
  readonly #marks = new MarkBook();
  readonly #vips = new CountedSet<Address>();
  readonly #claims = new FrontendClaims();
  readonly #shares = new Map<ServiceKey, ServiceFrontends>();
  readonly #conflicts = new FrontendConflicts(this.#claims);
  /** Of deleted Services, on addresses that were no ClusterIPs of theirs. */
  readonly #released = new Set<FrontendKey>();
  /** What Services claim and other Nodes have. */
  readonly #ceded = new Map<ServiceKey, readonly Address[]>();
  readonly #complaints = new Map<ServiceKey, readonly Problem[]>();
  readonly #relays = new RelayRoutes();
  readonly #paces = new Map<ServiceKey, Pace>();
  readonly #healthChecks = new HealthChecks();

  constructor(node: NodeProfile) {
    const markOf = (key: FrontendKey) => this.#marks.markOf(key);
    this.#node = { ...node, addresses: [], portAddresses: [], named: [], others: NO_OTHER_NODES, markOf };
    this.bound = this.#vips.members;
    this.policy = new DesiredPolicy(this.#vips.members);
  }

  /** The node's own addresses are others; answers with the Services that have to be worked out anew. */
  setNodeAddresses(addresses: readonly Address[]): ServiceKey[] {
    return this.#moveTo({ ...this.#node, addresses });
  }

  /** What the Node object says now, undefined while there is none. */
  setNode(node: NodeRecord | undefined): ServiceKey[] {
    return this.#moveTo({ ...this.#node, zone: node?.zone, named: node?.addresses ?? [] });
  }

  /** Which addresses other Nodes have now. Only Services that claim one of those that moved are worked out anew. */
  setOtherNodes(others: OtherNodes): ServiceKey[] {
    const moved = new Set(movedAddresses(this.#node.others, others));
    this.#node = { ...this.#node, others };
    const isMoved = (address: Address) => moved.has(address);
    const ceding = [...this.#ceded].flatMap(([key, addresses]) => (addresses.some(isMoved) ? [key] : []));
    // As good as always none of them is a VIP: then no Service needs to be looked at.
    if (![...moved].some((address) => this.bound.has(address))) return ceding;
    const holding = [...this.#shares].flatMap(([key, { vips }]) => (vips.some(isMoved) ? [key] : []));
    return [...new Set([...ceding, ...holding])];
  }

  get otherNodes(): OtherNodes {
    return this.#node.others;
  }

  /** Whether another Node has the address, so that nothing of ours may stay at it, not even to drain. */
  isElsewhere(address: Address | undefined): boolean {
    if (address === undefined || !this.#node.others.has(address)) return false;
    return !this.#node.addresses.includes(address);
  }

  /**
   * Whether the frontend is to go without a drain: its Service was deleted, and its address is one that users write or a node's own. A
   * drain would keep it for whoever holds a connection. What the API server gave, it does not give to others so soon.
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
    return this.#shares.size === 0;
  }

  /** The addresses on which NodePorts are shown; undefined where they are on all. */
  get restrictedPortAddresses(): readonly Address[] | undefined {
    return this.#node.nodePorts.length === 0 ? undefined : this.#node.portAddresses;
  }

  /** Services that lost a frontend to an older one, and addresses that a Service should not have. */
  get problems(): Problem[] {
    return [...this.#conflicts.problems, ...[...this.#complaints.values()].flat()];
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
    return this.#claims.winner(key)?.service.key;
  }

  /** The frontends that the Service asks for. */
  frontendsOf(service: ServiceKey): readonly FrontendKey[] {
    return this.#shares.get(service)?.frontends.map(({ frontend }) => frontend.key) ?? [];
  }

  /** How fast endpoints of the frontend come and go; undefined where its Service asks for nothing of its own. */
  paceOf(key: FrontendKey): Pace | undefined {
    if (this.#paces.size === 0) return undefined;
    const service = this.serviceOf(key);
    return service === undefined ? undefined : this.#paces.get(service);
  }

  /** Frontends whose Service has no usable endpoint: they are refused. */
  withoutEndpoints(): Ownership[] {
    return [...this.#shares.values()].flatMap(({ frontends }) =>
      frontends.filter(
        (wish) => wish.virtualServer === undefined && this.#claims.winner(wish.frontend.key) === wish,
      ),
    );
  }

  /** Takes in the Service as it is now; `touched`: the kernel keys to which those that may have changed are added. */
  refresh(key: ServiceKey, view: ServiceView, touched = new KernelKeySet()): KernelKeys {
    const before = this.#shares.get(key);
    const wants = serviceFrontends(view, this.#node);
    const after = wants.frontends.length === 0 ? undefined : wants;
    keep(this.#ceded, key, wants.ceded.length === 0 ? undefined : wants.ceded);
    keep(this.#complaints, key, wants.problems.length === 0 ? undefined : wants.problems);
    this.#healthChecks.refresh(key, wants.healthCheck);
    this.#relays.refresh(key, view.service);
    keep(this.#paces, key, view.service === undefined ? undefined : paceOf(view.service));
    if (after !== undefined) this.#enter(after);
    if (before !== undefined) this.#leave(before);
    if (before !== undefined && view.service === undefined) this.#release(before);
    keep(this.#shares, key, after);
    if (after !== undefined) this.#settle(after, touched);
    if (before !== undefined) this.#settle(before, touched);
    return touched;
  }

  // Addresses matter to Services with ways from outside only; name and zone to everyone's choice of endpoints.
  #moveTo(node: NodeView): ServiceKey[] {
    const before = this.#node;
    const portAddresses = nodePortAddresses(node.nodePorts, node.addresses, node.named);
    this.#node = { ...node, portAddresses };
    if (node.zone !== before.zone) return [...this.#shares.keys()];
    if (sameAddresses(this.#node, before)) return [];
    return [...this.#shares].flatMap(([key, { isExternal }]) => (isExternal ? [key] : []));
  }

  #enter({ frontends, vips }: ServiceFrontends): void {
    for (const claim of frontends) this.#claims.add(claim);
    for (const vip of vips) this.#vips.add(vip);
  }

  #leave({ frontends, vips }: ServiceFrontends): void {
    for (const claim of frontends) this.#claims.remove(claim);
    for (const vip of vips) this.#vips.remove(vip);
  }

  #release({ frontends }: ServiceFrontends): void {
    for (const { frontend, service } of frontends)
      if (!service.clusterIPs.includes(frontend.address)) this.#released.add(frontend.key);
  }

  /** Decides who has the frontends of a share, once every claim to them is known. */
  #settle({ frontends, vips }: ServiceFrontends, touched: KernelKeySet): void {
    for (const { frontend } of frontends) {
      touched.frontends.add(frontend.key);
      this.#settleFrontend(frontend.key);
    }
    for (const vip of vips) touched.vips.add(vip);
  }

  #settleFrontend(key: FrontendKey): void {
    const wish = this.#claims.winner(key);
    this.#conflicts.settle(key);
    this.policy.settle(key, wish);
    if (wish?.virtualServer === undefined) this.virtualServers.delete(key);
    else this.virtualServers.set(key, wish.virtualServer);
  }
}

/** For whoever wants everything of ours gone. */
export function nothingDesired(): DesiredDataplane {
  return new DesiredDataplane(LONE_NODE);
}

function keep<K, V>(map: Map<K, V>, key: K, value: V | undefined): void {
  if (value !== undefined) map.set(key, value);
  else if (map.size > 0) map.delete(key);
}
