import type { Address } from './address.js';
import type { Frontend, FrontendKey } from './frontend.js';
import type { VirtualServer } from './virtual-server.js';

/**
 * Everything this program keeps in the kernel of one node. Desired and observed both have this type;
 * counters have another (`Activity`), so that equality never trips over statistics.
 */
export interface Dataplane {
  readonly virtualServers: ReadonlyMap<FrontendKey, VirtualServer>;
  /** VIPs that are addresses of the dummy device. */
  readonly bound: ReadonlySet<Address>;
  readonly policy: PacketPolicy;
}

/** The contents of the sets of our nftables table; its rules are constant. */
export interface PacketPolicy {
  /** VIPs on which every port that is not open refuses new traffic. */
  readonly guarded: ReadonlySet<Address>;
  /** The ledger: the virtual servers that are ours. IPVS itself keeps no owner. */
  readonly owned: ReadonlyMap<FrontendKey, Ownership>;
  /** Frontends that take new connections. */
  readonly open: ReadonlyMap<FrontendKey, Frontend>;
  /** Endpoints whose traffic to themselves is masqueraded. */
  readonly hairpins: ReadonlySet<Address>;
}

export interface Ownership {
  readonly frontend: Frontend;
  /** `namespace/name:port`, so that the kernel's state explains itself when the agent is not running. */
  readonly owner: string;
}

/**
 * What a look at the kernel found: our data plane, and the virtual servers that are somebody else's.
 * `frontendsAt` counts our virtual servers below one VIP, since a VIP goes with the last of them.
 */
export interface ObservedDataplane extends Dataplane {
  readonly foreign: ReadonlySet<FrontendKey>;
  frontendsAt(address: Address): ReadonlySet<FrontendKey>;
  /** Whether another program has a virtual server at the VIP. */
  isForeignAt(address: Address): boolean;
}
