import { type Address, FAMILIES, familyOf } from '../model/address.js';
import {
  type AllowedSources,
  eachTrafficSet,
  type Ownership,
  type PacketPolicy,
  TRAFFIC_SETS,
  type TrafficSet,
} from '../model/dataplane.js';
import type { Frontend, FrontendKey } from '../model/frontend.js';
import type { LocalGap } from '../model/service.js';
import type { ServiceKey } from '../model/service-key.js';
import type { ServiceFrontend } from './service-frontend.js';

/** What the sets of the packet table should hold, settled frontend by frontend. */
export class DesiredPolicy implements PacketPolicy {
  readonly guarded: ReadonlySet<Address>;
  readonly owned = new Map<FrontendKey, Ownership>();
  readonly open = new Map<FrontendKey, Frontend>();
  readonly traffic: Record<TrafficSet, Map<FrontendKey, Frontend>> = eachTrafficSet(() => new Map());
  readonly sources = new Map<FrontendKey, AllowedSources>();

  /** `guarded`: the VIPs, kept up to date by their owner. */
  constructor(guarded: ReadonlySet<Address>) {
    this.guarded = guarded;
  }

  /** `wish`: of the Service that has the frontend; undefined where none has. */
  settle(key: FrontendKey, wish: ServiceFrontend | undefined): void {
    this.#settleTraffic(key, wish);
    if (wish?.virtualServer === undefined) {
      this.owned.delete(key);
      this.open.delete(key);
      return;
    }
    this.owned.set(key, wish);
    this.open.set(key, wish.frontend);
  }

  // Most frontends are in none of these sets, and this runs for every frontend of a first pass.
  #settleTraffic(key: FrontendKey, wish: ServiceFrontend | undefined): void {
    const { traffic, sources } = this;
    for (const set of TRAFFIC_SETS) if (traffic[set].size > 0) traffic[set].delete(key);
    if (sources.size > 0) sources.delete(key);
    if (wish === undefined) return;
    for (const set of wish.traffic) traffic[set].set(key, wish.frontend);
    if (wish.sources.size > 0) sources.set(key, { frontend: wish.frontend, cidrs: wish.sources });
  }
}

/** A set whose members stay until everyone who added them has removed them. */
export class CountedSet<T> {
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
