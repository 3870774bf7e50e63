import type { Address } from '../model/address.js';
import type { FrontendKey } from '../model/frontend.js';
import type { Problem } from '../model/problem.js';
import type { ServiceKey } from '../model/service-key.js';
import type { NodeChange } from './node-facts.js';
import type { NodeView } from './node-view.js';
import { entriesIn, type ServiceFrontend } from './service-frontend.js';
import type { ServiceFrontends } from './service-frontends.js';
import { isEndOfSubnet } from './usable-endpoints.js';

/** What each Service wants, and which of them a change of the node concerns. */
export class ServiceShares {
  /** Those that want nothing now are among them: on another node, or with other addresses, they would. */
  readonly #shares = new Map<ServiceKey, ServiceFrontends>();
  /** What they claim, or have as endpoints, and may not have; of hardly any. */
  readonly #refused = new Map<ServiceKey, readonly Address[]>();
  readonly #problems = new Map<ServiceKey, readonly Problem[]>();
  #serving = 0;

  get(key: ServiceKey): ServiceFrontends | undefined {
    return this.#shares.get(key);
  }

  /** Undefined where there is no such Service. */
  set(key: ServiceKey, share: ServiceFrontends | undefined): void {
    this.#serving += Number(serves(share)) - Number(serves(this.#shares.get(key)));
    keep(this.#shares, key, share);
    keep(this.#refused, key, share === undefined || share.refused.length === 0 ? undefined : share.refused);
    keep(
      this.#problems,
      key,
      share === undefined || share.problems.length === 0 ? undefined : share.problems,
    );
  }

  /** Whether none wants anything. */
  get areEmpty(): boolean {
    return this.#serving === 0;
  }

  get problems(): Problem[] {
    return [...this.#problems.values()].flat();
  }

  *frontends(): Generator<ServiceFrontend> {
    for (const { frontends } of this.#shares.values()) yield* frontends;
  }

  /** The frontends that the Service asks for, views of clients inside among them. */
  frontendsOf(service: ServiceKey): readonly FrontendKey[] {
    const { frontends = [] } = this.#shares.get(service) ?? {};
    return frontends.flatMap(({ frontend, inside }) =>
      inside === undefined ? [frontend.key] : [frontend.key, inside.frontend.key],
    );
  }

  /** How many frontends, views of clients inside and real servers it asks for: what a change of it costs at most. */
  entriesOf(service: ServiceKey): number {
    let entries = 0;
    for (const wish of this.#shares.get(service)?.frontends ?? []) entries += entriesIn(wish);
    return entries;
  }

  /** `bound`: the addresses that they have together. */
  concernedBy(
    { all, external, addresses }: NodeChange,
    node: NodeView,
    bound: ReadonlySet<Address>,
  ): ServiceKey[] {
    if (all) return [...this.#shares.keys()];
    if (external) return this.#where(({ isExternal }) => isExternal);
    return addresses.length === 0 ? [] : this.#concernedByAddresses(new Set(addresses), node, bound);
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
      (share) =>
        share.vips.some(isMoved) || (areOwn && share.isExternal) || (areEnds && leadsTo(share, isMoved)),
    );
    return [...new Set([...refused, ...serving])];
  }

  #where(isConcerned: (share: ServiceFrontends) => boolean): ServiceKey[] {
    return [...this.#shares].flatMap(([key, share]) => (isConcerned(share) ? [key] : []));
  }
}

function serves(share: ServiceFrontends | undefined): boolean {
  return share !== undefined && share.frontends.length > 0;
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
