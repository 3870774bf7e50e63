import type { Address } from '../model/address.js';
import {
  type AllowedSources,
  eachTrafficSet,
  type Ownership,
  type PacketPolicy,
  TRAFFIC_SETS,
  type TrafficSet,
} from '../model/dataplane.js';
import type { Frontend, FrontendKey } from '../model/frontend.js';
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
