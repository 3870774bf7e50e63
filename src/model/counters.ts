import type { Address } from './address.js';
import type { FrontendKey } from './frontend.js';
import type { Protocol } from './protocol.js';
import type { RealServerKey } from './real-server.js';
import type { VirtualServer } from './virtual-server.js';

/** Connections of one real server at one moment, as IPVS counts them. */
export interface Activity {
  /** Established TCP connections; entries of any state for UDP. */
  readonly active: number;
  /** All other entries: opening, closing, TIME_WAIT (120 s after the close). */
  readonly inactive: number;
  /**
   * When the server was set to take no new connections: milliseconds on the machine's clock (`Clock.now`). Undefined
   * where it takes them, or where that is not known.
   */
  readonly drainingSince?: number;
}

/** A server that is left out has none. */
export type FrontendActivity = ReadonlyMap<RealServerKey, Activity>;

export type DataplaneActivity = ReadonlyMap<FrontendKey, FrontendActivity>;

/** What a look at one virtual server found. `code`: errno's name, where the kernel did not answer. */
export type LookResult =
  | { readonly kind: 'present'; readonly server: VirtualServer; readonly activity: FrontendActivity }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unknown'; readonly code: string };

/**
 * What went through one virtual server since it was made, as the kernel counts it (IPVS_SVC_ATTR_STATS64). Beyond 2^53
 * the last digits are lost. `ipvsadm --zero` and a virtual server that is made anew begin at 0.
 */
export interface Traffic {
  readonly connections: number;
  /** In: from clients to servers. Out: replies. */
  readonly inPackets: number;
  readonly outPackets: number;
  readonly inBytes: number;
  readonly outBytes: number;
}

/** In the order in which ipvsadm shows them. */
export const TRAFFIC_COUNTERS = [
  'connections',
  'inPackets',
  'outPackets',
  'inBytes',
  'outBytes',
] as const satisfies readonly (keyof Traffic)[];

export const NO_TRAFFIC: Traffic = { connections: 0, inPackets: 0, outPackets: 0, inBytes: 0, outBytes: 0 };

export function isNoTraffic(traffic: Traffic): boolean {
  return TRAFFIC_COUNTERS.every((name) => traffic[name] === 0);
}

export function trafficSum(a: Traffic, b: Traffic): Traffic {
  return {
    connections: a.connections + b.connections,
    inPackets: a.inPackets + b.inPackets,
    outPackets: a.outPackets + b.outPackets,
    inBytes: a.inBytes + b.inBytes,
    outBytes: a.outBytes + b.outBytes,
  };
}

/** What came between two readings; of a virtual server that was made anew, all that it has. */
export function trafficSince(before: Traffic, after: Traffic): Traffic {
  const start = TRAFFIC_COUNTERS.some((name) => after[name] < before[name]) ? NO_TRAFFIC : before;
  return {
    connections: after.connections - start.connections,
    inPackets: after.inPackets - start.inPackets,
    outPackets: after.outPackets - start.outPackets,
    inBytes: after.inBytes - start.inBytes,
    outBytes: after.outBytes - start.outBytes,
  };
}

export type DataplaneTraffic = ReadonlyMap<FrontendKey, Traffic>;

/**
 * One entry of the connection table of IPVS. A client port of 0: a template, by which session affinity remembers a
 * client.
 */
export interface IpvsConnection {
  readonly protocol: Protocol;
  readonly client: Place;
  readonly vip: Place;
  readonly server: Place;
  /** The kernel's word: `ESTABLISHED`, `TIME_WAIT`, `UDP` … */
  readonly state: string;
  readonly expiresSeconds: number;
}

interface Place {
  readonly address: Address;
  readonly port: number;
}
