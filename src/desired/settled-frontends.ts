import { type Address, FAMILIES, familyOf } from '../model/address.js';
import {
  type AllowedSources,
  eachTrafficSet,
  type PacketPolicy,
  TRAFFIC_SETS,
  type TrafficSet,
} from '../model/dataplane.js';
import { type Frontend, type FrontendKey, insideKey, isInsideKey, outsideKey } from '../model/frontend.js';
import type { KernelKeySet } from '../model/kernel-keys.js';
import { MappedView } from '../model/mapped-view.js';
import type { Problem } from '../model/problem.js';
import type { LocalGap } from '../model/service.js';
import type { ServiceKey } from '../model/service-key.js';
import { ShardedMap } from '../model/sharded-map.js';
import type { VirtualServer } from '../model/virtual-server.js';
import { FrontendClaims, FrontendConflicts, type LostFrontend } from './frontend-claims.js';
import type { ServiceFrontend } from './service-frontend.js';
import type { ServiceFrontends } from './service-frontends.js';

/**
 * All frontends that Services ask for, each with the one that has it: its virtual server and what the packet table
 * should say of it. A frontend is settled once every claim to it is known.
 */
export class SettledFrontends {
  readonly virtualServers: ReadonlyMap<FrontendKey, VirtualServer>;
  readonly policy: DesiredPolicy;
  /** The VIPs to bind. */
  readonly bound: ReadonlySet<Address>;
  readonly #vips = new CountedSet<Address>();
  readonly #claims = new FrontendClaims();
  readonly #conflicts = new FrontendConflicts(this.#claims);
  /** The frontends of which clients inside see something else. */
  readonly #viewed = new Set<FrontendKey>();

  constructor() {
    this.bound = this.#vips.members;
    this.policy = new DesiredPolicy(this.bound);
    this.virtualServers = new MappedView(this.policy.owned, ({ virtualServer }) => virtualServer);
  }

  get problems(): readonly Problem[] {
    return this.#conflicts.problems;
  }

  /** Frontends that a Service asks for and another has, of each Service the first ten. */
  get lost(): readonly LostFrontend[] {
    return this.#conflicts.lost;
  }

  /** The Service's claim that has the frontend; for a view of clients inside, the view that belongs to it. */
  holderOf(key: FrontendKey): ServiceFrontend | undefined {
    const holder = this.#claims.winner(outsideKey(key));
    return isInsideKey(key) ? holder?.inside : holder;
  }

  /**
   * What a Service asks for from now on, instead of what it asked for; keys that may have changed are added to
   * `touched`.
   */
  exchange(before: ServiceFrontends | undefined, after: ServiceFrontends, touched: KernelKeySet): void {
    this.#add(after);
    if (before !== undefined) this.#remove(before);
    this.#settle(after, touched);
    if (before !== undefined) this.#settle(before, touched);
  }

  // Loops by index, as all that run for every Service of a first pass.
  #add({ frontends, vips }: ServiceFrontends): void {
    for (let index = 0; index < frontends.length; index++)
      this.#claims.add(frontends[index] as ServiceFrontend);
    for (let index = 0; index < vips.length; index++) this.#vips.add(vips[index] as Address);
  }

  #remove({ frontends, vips }: ServiceFrontends): void {
    for (const claim of frontends) this.#claims.remove(claim);
    for (const vip of vips) this.#vips.remove(vip);
  }

  #settle({ frontends, vips }: ServiceFrontends, touched: KernelKeySet): void {
    for (let index = 0; index < frontends.length; index++) {
      const { key } = (frontends[index] as ServiceFrontend).frontend;
      const holder = this.#claims.winner(key);
      touched.frontends.add(key);
      this.#conflicts.settle(key);
      this.policy.settle(key, holder);
      this.#settleInside(key, holder?.inside, touched);
    }
    for (let index = 0; index < vips.length; index++) touched.vips.add(vips[index] as Address);
  }

  // The view goes with the frontend: whoever had it by a claim of its own would take another Service's clients.
  #settleInside(outside: FrontendKey, view: ServiceFrontend | undefined, touched: KernelKeySet): void {
    if (view === undefined && (this.#viewed.size === 0 || !this.#viewed.has(outside))) return;
    if (view === undefined) this.#viewed.delete(outside);
    else this.#viewed.add(outside);
    const key = insideKey(outside);
    touched.frontends.add(key);
    this.policy.settle(key, view);
  }
}

/** A frontend with endpoints: it has a virtual server, is in the ledger and open. */
type ServedFrontend = ServiceFrontend & { readonly virtualServer: VirtualServer };

function isServed(holder: ServiceFrontend): holder is ServedFrontend {
  return holder.virtualServer !== undefined;
}

/** What the sets of the packet table should hold, settled frontend by frontend. */
class DesiredPolicy implements PacketPolicy {
  readonly guarded: ReadonlySet<Address>;
  readonly owned = new ShardedMap<FrontendKey, ServedFrontend>(19);
  readonly open: ReadonlyMap<FrontendKey, Frontend> = new MappedView(this.owned, ({ frontend }) => frontend);
  readonly traffic: Record<TrafficSet, Map<FrontendKey, Frontend>> = eachTrafficSet(() => new Map());
  readonly sources = new Map<FrontendKey, AllowedSources>();
  /** Those that are in one of the traffic sets or restricted; most are not. */
  readonly #treated = new Set<FrontendKey>();

  /** `guarded`: the VIPs, kept up to date by their owner. */
  constructor(guarded: ReadonlySet<Address>) {
    this.guarded = guarded;
  }

  /** `holder`: the claim that has the frontend; undefined where none has. */
  settle(key: FrontendKey, holder: ServiceFrontend | undefined): void {
    this.#settleTraffic(key, holder);
    if (holder !== undefined && isServed(holder)) this.owned.set(key, holder);
    else this.owned.delete(key);
  }

  #settleTraffic(key: FrontendKey, holder: ServiceFrontend | undefined): void {
    const { traffic, sources } = this;
    if (this.#treated.size > 0 && this.#treated.delete(key)) {
      for (const set of TRAFFIC_SETS) traffic[set].delete(key);
      sources.delete(key);
    }
    if (holder === undefined || holder.traffic.length + holder.sources.size === 0) return;
    this.#treated.add(key);
    for (const set of holder.traffic) traffic[set].set(key, holder.frontend);
    if (holder.sources.size > 0) sources.set(key, { frontend: holder.frontend, cidrs: holder.sources });
  }
}

/** A set whose members stay until everyone who added them has removed them. */
class CountedSet<T> {
  readonly members = new Set<T>();
  /** Of those that were added several times, how often; most are not. */
  readonly #counts = new Map<T, number>();

  add(member: T): void {
    if (this.members.has(member)) this.#counts.set(member, (this.#counts.get(member) ?? 1) + 1);
    else this.members.add(member);
  }

  remove(member: T): void {
    const left = (this.#counts.get(member) ?? 1) - 1;
    if (left > 1) this.#counts.set(member, left);
    else this.#counts.delete(member);
    if (left === 0) this.members.delete(member);
  }
}

/** One entry for each family and policy. Costs what is dropped because of such a policy, not what the cluster has. */
export function localGaps(desired: {
  readonly policy: PacketPolicy;
  serviceOf(key: FrontendKey): ServiceKey | undefined;
}): LocalGap[] {
  const { dropped, 'source-kept': external } = desired.policy.traffic;
  const policyOf = (key: Parameters<typeof dropped.has>[0]) => (external.has(key) ? 'external' : 'internal');
  return FAMILIES.flatMap((family) =>
    (['internal', 'external'] as const).map((policy) => {
      const services = new Set<ServiceKey | undefined>();
      for (const { key, address } of dropped.values())
        if (familyOf(address) === family && policyOf(key) === policy) services.add(desired.serviceOf(key));
      return { family, policy, services: services.size };
    }),
  );
}
