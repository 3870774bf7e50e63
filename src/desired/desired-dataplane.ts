import type { Address } from '../model/address.js';
import { parsedCidrs } from '../model/cidr.js';
import type { ServiceView } from '../model/cluster-view.js';
import type { Dataplane } from '../model/dataplane.js';
import { type FrontendKey, insideKey, isInside, isInsideKey, outsideKey } from '../model/frontend.js';
import type { HealthCheckService } from '../model/health-check.js';
import { KernelKeySet, type KernelKeys } from '../model/kernel-keys.js';
import type { NodeRecord } from '../model/node.js';
import { movedAddresses, NO_OTHER_NODES, type OtherNodes } from '../model/other-nodes.js';
import type { Problem } from '../model/problem.js';
import type { RelayRoute } from '../model/relay-route.js';
import {
  movedReservations,
  NOTHING_RESERVED,
  type ReservedAddress,
  reservedAddresses,
} from '../model/reserved-address.js';
import { type Pace, paceOf } from '../model/service.js';
import type { ServiceKey } from '../model/service-key.js';
import type { VirtualServer } from '../model/virtual-server.js';
import { CountedSet } from './counted-set.js';
import { DesiredPolicy } from './desired-policy.js';
import { FrontendClaims } from './frontend-claims.js';
import { FrontendConflicts, type LostFrontend } from './frontend-conflicts.js';
import { HashTables } from './hash-tables.js';
import { HealthChecks } from './health-checks.js';
import { MarkBook } from './mark-book.js';
import { nodePortAddresses } from './node-port-addresses.js';
import { LONE_NODE, type NodeProfile } from './node-settings.js';
import { type NodeView, sameAddresses } from './node-view.js';
import { RelayRoutes } from './relay-routes.js';
import { type ServiceFrontend, type ServiceFrontends, serviceFrontends } from './service-frontends.js';

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
  readonly #hashTables = new HashTables();
  readonly #vips = new CountedSet<Address>();
  readonly #claims = new FrontendClaims();
  readonly #shares = new Map<ServiceKey, ServiceFrontends>();
  readonly #conflicts = new FrontendConflicts(this.#claims);
  /** Of deleted Services, on addresses that were no ClusterIPs of theirs. */
  readonly #released = new Set<FrontendKey>();
  /** What Services claim and may not have. */
  readonly #refused = new Map<ServiceKey, readonly Address[]>();
  readonly #reservations = new Map<ReservedBy, readonly ReservedAddress[]>();
  readonly #complaints = new Map<ServiceKey, readonly Problem[]>();
  readonly #relays = new RelayRoutes();
  readonly #paces = new Map<ServiceKey, Pace>();
  readonly #healthChecks = new HealthChecks();
  /** The frontends of which clients inside see something else. */
  readonly #viewed = new Set<FrontendKey>();

  constructor(node: NodeProfile) {
    const markOf = (view: FrontendKey) => this.#marks.markOf(view);
    const takeHashTables = (service: ServiceKey, count: number) => this.#hashTables.take(service, count);
    this.#node = { ...node, ...NOTHING_KNOWN, markOf, takeHashTables };
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

  /** The node's own addresses are others; answers with the Services that have to be worked out anew. */
  setNodeAddresses(addresses: readonly Address[]): ServiceKey[] {
    return this.#moveTo({ ...this.#node, addresses });
  }

  /** What the Node object says now, undefined while there is none. */
  setNode(node: NodeRecord | undefined): ServiceKey[] {
    return this.#moveTo({
      ...this.#node,
      zone: node?.zone,
      named: node?.addresses ?? [],
      podRanges: parsedCidrs(node?.podCIDRs ?? []),
      kubeletPort: node?.kubeletPort ?? 0,
    });
  }

  /** Which addresses other Nodes have now. Only Services that claim one of those that moved are worked out anew. */
  setOtherNodes(others: OtherNodes): ServiceKey[] {
    const moved = movedAddresses(this.#node.others, others);
    this.#node = { ...this.#node, others };
    return this.#claimantsOf(moved);
  }

  /** Which addresses nodes need themselves, as one of those who know some says now. */
  setReserved(by: ReservedBy, addresses: readonly ReservedAddress[]): ServiceKey[] {
    this.#reservations.set(by, addresses);
    const reserved = reservedAddresses(...this.#reservations.values());
    const moved = movedReservations(this.#node.reserved, reserved);
    this.#node = { ...this.#node, reserved };
    return this.#claimantsOf(moved);
  }

  /** The addresses that no Service may have; those of them that are the node's own carry NodePorts all the same. */
  get reserved(): Iterable<Address> {
    return this.#node.reserved.keys();
  }

  /**
   * Whether nothing of ours may stay at the address, not even to drain: it is another Node's, or reserved. An address of this node
   * may not stay guarded, since the node needs its ports; unguarded it carries NodePorts.
   */
  mustLeave(address: Address | undefined, guarded: ReadonlySet<Address>): boolean {
    if (address === undefined || this.bound.has(address)) return false;
    const { addresses, others, reserved } = this.#node;
    if (addresses.includes(address)) return guarded.has(address);
    return others.has(address) || reserved.has(address);
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

  /** Services that lost a frontend to another, and addresses that a Service should not have. */
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

  /** The frontends that the Service asks for. */
  frontendsOf(service: ServiceKey): readonly FrontendKey[] {
    const { frontends = [] } = this.#shares.get(service) ?? {};
    return frontends.flatMap(({ frontend, inside }) =>
      inside === undefined ? [frontend.key] : [frontend.key, inside.frontend.key],
    );
  }

  /** How many frontends, views of inside clients and real servers the Service asks for: what a change of it costs at most. */
  entriesOf(service: ServiceKey): number {
    let entries = 0;
    for (const { virtualServer, inside } of this.#shares.get(service)?.frontends ?? []) {
      entries += 1 + (virtualServer?.realServers.size ?? 0);
      if (inside !== undefined) entries += 1 + (inside.virtualServer?.realServers.size ?? 0);
    }
    return entries;
  }

  /** How fast endpoints of the frontend come and go; undefined where its Service asks for nothing of its own. */
  paceOf(key: FrontendKey): Pace | undefined {
    if (this.#paces.size === 0) return undefined;
    const service = this.serviceOf(key);
    return service === undefined ? undefined : this.#paces.get(service);
  }

  /** Frontends whose Service has no usable endpoint: they are refused. */
  withoutEndpoints(): Pick<ServiceFrontend, 'owner' | 'frontend' | 'offered'>[] {
    return [...this.#shares.values()].flatMap(({ frontends }) =>
      frontends.filter(
        (wish) => wish.virtualServer === undefined && this.#claims.winner(wish.frontend.key) === wish,
      ),
    );
  }

  /** Takes in the Service as it is now; `touched`: the kernel keys to which those that may have changed are added. */
  refresh(key: ServiceKey, view: ServiceView, touched = new KernelKeySet()): KernelKeys {
    const before = this.#shares.get(key);
    if (view.service === undefined) this.#hashTables.take(key, 0);
    const wants = serviceFrontends(view, this.#node);
    const after = wants.frontends.length === 0 ? undefined : wants;
    keep(this.#refused, key, wants.refused.length === 0 ? undefined : wants.refused);
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

  // As good as always none of the addresses is claimed: then no Service needs to be looked at.
  #claimantsOf(addresses: readonly Address[]): ServiceKey[] {
    const moved = new Set(addresses);
    const isMoved = (address: Address) => moved.has(address);
    const refused = [...this.#refused].flatMap(([key, claimed]) => (claimed.some(isMoved) ? [key] : []));
    const areOwn = addresses.some((address) => this.#node.addresses.includes(address));
    if (!areOwn && !addresses.some((address) => this.bound.has(address))) return refused;
    const serving = [...this.#shares].flatMap(([key, { vips, isExternal }]) =>
      vips.some(isMoved) || (areOwn && isExternal) ? [key] : [],
    );
    return [...new Set([...refused, ...serving])];
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

/** Who knows of reserved addresses: this node, or our own way to the API server. */
export type ReservedBy = 'node' | 'api-server';

const NOTHING_KNOWN: Omit<NodeView, keyof NodeProfile | 'markOf' | 'takeHashTables'> = {
  addresses: [],
  portAddresses: [],
  named: [],
  others: NO_OTHER_NODES,
  reserved: NOTHING_RESERVED,
  podRanges: [],
  kubeletPort: 0,
};

/** For whoever wants everything of ours gone. */
export function nothingDesired(): DesiredDataplane {
  return new DesiredDataplane(LONE_NODE);
}

function keep<K, V>(map: Map<K, V>, key: K, value: V | undefined): void {
  if (value !== undefined) map.set(key, value);
  else if (map.size > 0) map.delete(key);
}
