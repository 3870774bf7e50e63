import type { Address } from './address.js';
import type { Cidr } from './cidr.js';
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
  /** Frontends that are treated in a certain way, whether they have a virtual server or not. */
  readonly traffic: TrafficSets;
  /** For each restricted frontend the clients that may reach it. */
  readonly sources: ReadonlyMap<FrontendKey, AllowedSources>;
}

/**
 * refused: new connections are refused, although the address is not guarded (a node's own).
 * dropped: new connections get no answer: there are endpoints, but none that the traffic policy lets this node use.
 * restricted: only the clients among the allowed sources get through.
 * node-local: open, but for a process of the node that listens there itself: there is no virtual server meanwhile.
 * masqueraded: every client is masqueraded. source-kept: clients keep their address, unless their reply would be lost.
 */
export const TRAFFIC_SETS = [
  'refused',
  'dropped',
  'restricted',
  'node-local',
  'masqueraded',
  'source-kept',
] as const;

export type TrafficSet = (typeof TRAFFIC_SETS)[number];

type TrafficSets = Readonly<Record<TrafficSet, ReadonlyMap<FrontendKey, Frontend>>>;

export interface AllowedSources {
  readonly frontend: Frontend;
  /** By text, such as `192.0.2.0/24`; all of the frontend's family. */
  readonly cidrs: ReadonlyMap<string, Cidr>;
}

/** One value for each traffic set. */
export function eachTrafficSet<T>(make: (set: TrafficSet) => T): Record<TrafficSet, T> {
  return Object.fromEntries(TRAFFIC_SETS.map((set) => [set, make(set)])) as Record<TrafficSet, T>;
}

export interface Ownership {
  readonly frontend: Frontend;
  /** `namespace/name:port`, so that the kernel's state explains itself when the agent is not running. */
  readonly owner: string;
}

/**
 * What a look at the kernel found: our data plane, and the virtual servers of other programs.
 * `frontendsAt` counts our virtual servers below one VIP, since a VIP goes with the last of them.
 */
export interface ObservedDataplane extends Dataplane {
  readonly foreign: ReadonlySet<FrontendKey>;
  frontendsAt(address: Address): ReadonlySet<FrontendKey>;
  /** Whether another program has a virtual server at the VIP. */
  isForeignAt(address: Address): boolean;
}
