import type { Address } from '../model/address.js';
import type { Service } from '../model/service.js';
import type { ServiceKey } from '../model/service-key.js';
import { ShardedMap } from '../model/sharded-map.js';

/** What the API server gives to one Service alone: a ClusterIP, or a health check node port. */
type Allocation = Address | number;

const NONE: readonly Allocation[] = [];
const NO_SERVICES: readonly ServiceKey[] = [];

/**
 * Which Services have which allocations, and which others write the same address or port: those have to be worked out
 * anew when the allocation comes or goes. A change costs what its Service has and who claims that, never what the
 * cluster has.
 */
export class Allocations {
  /** Hardly an allocation has several, so that of one there is no list. */
  readonly #holders = new ShardedMap<Allocation, ServiceKey | readonly ServiceKey[]>(13);
  readonly #claimants = new Map<Allocation, Set<ServiceKey>>();
  readonly #concerned = new Set<ServiceKey>();

  /** Takes in the Service, as it was and as it is now; it is about to be worked out. */
  refresh(key: ServiceKey, before: Service | undefined, service: Service | undefined): void {
    this.#concerned.delete(key);
    // Most changes are of endpoints.
    if (before === service) return;
    this.#moveClaims(key, claimsOf(before), claimsOf(service));
    this.#moveHoldings(key, holdingsOf(before), holdingsOf(service));
  }

  /** Whose the allocation is, other than this Service's. */
  holderOf(allocation: Allocation, claimant: ServiceKey): ServiceKey | undefined {
    return this.#listOf(allocation).find((holder) => holder !== claimant);
  }

  /** The Services of which a claim is to be judged anew since this was last asked. */
  takeConcerned(): ServiceKey[] {
    if (this.#concerned.size === 0) return [];
    const concerned = [...this.#concerned];
    this.#concerned.clear();
    return concerned;
  }

  #moveClaims(key: ServiceKey, before: readonly Allocation[], after: readonly Allocation[]): void {
    if (before === NONE && after === NONE) return;
    for (const claim of before) {
      const claimants = this.#claimants.get(claim);
      claimants?.delete(key);
      if (claimants?.size === 0) this.#claimants.delete(claim);
    }
    for (const claim of after) {
      const claimants = this.#claimants.get(claim);
      if (claimants === undefined) this.#claimants.set(claim, new Set([key]));
      else claimants.add(key);
    }
  }

  #moveHoldings(key: ServiceKey, before: readonly Allocation[], after: readonly Allocation[]): void {
    for (const gone of before) if (!after.includes(gone)) this.#hold(gone, this.#othersWith(gone, key), key);
    // By index, as all that runs for every Service of a first pass.
    for (let index = 0; index < after.length; index++) {
      const added = after[index] as Allocation;
      if (!before.includes(added)) this.#hold(added, this.#allWith(added, key), key);
    }
  }

  #allWith(allocation: Allocation, key: ServiceKey): readonly ServiceKey[] {
    return this.#holders.has(allocation) ? [...this.#othersWith(allocation, key), key].sort() : [key];
  }

  #othersWith(allocation: Allocation, key: ServiceKey): readonly ServiceKey[] {
    return this.#listOf(allocation).filter((holder) => holder !== key);
  }

  #listOf(allocation: Allocation): readonly ServiceKey[] {
    const holders = this.#holders.get(allocation) ?? NO_SERVICES;
    return typeof holders === 'string' ? [holders] : holders;
  }

  #hold(allocation: Allocation, holders: readonly ServiceKey[], changed: ServiceKey): void {
    const first = holders[0];
    if (first === undefined) this.#holders.delete(allocation);
    else this.#holders.set(allocation, holders.length === 1 ? first : holders);
    if (this.#claimants.size === 0) return;
    for (const claimant of this.#claimants.get(allocation) ?? NO_SERVICES)
      if (claimant !== changed) this.#concerned.add(claimant);
  }
}

function holdingsOf(service: Service | undefined): readonly Allocation[] {
  if (service === undefined) return NONE;
  const { clusterIPs, healthCheckNodePort } = service;
  return healthCheckNodePort === 0 ? clusterIPs : [...clusterIPs, healthCheckNodePort];
}

/** What somebody has written, and may be another's. Its ports count at an address of the node. */
function claimsOf(service: Service | undefined): readonly Allocation[] {
  if (service === undefined) return NONE;
  const { externalIPs, loadBalancerIPs, ports } = service;
  if (externalIPs.length + loadBalancerIPs.length === 0) return NONE;
  return [...externalIPs, ...loadBalancerIPs, ...ports.map(({ port }) => port)];
}
