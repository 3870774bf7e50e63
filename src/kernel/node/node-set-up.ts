import type { IpvsTimeouts } from '../native/addon.js';

/** What is set on the node beyond IPVS, device and table; every value as kube-proxy's configuration means it. */
export interface NodeSetUp {
  readonly conntrack: ConntrackSetUp;
  readonly ipvs: IpvsSetUp;
  /**
   * Sets arp_announce=2 for all devices of the node, as kube-proxy's `ipvs.strictARP` does; false leaves it alone. That
   * VIPs are not answered for is a rule's business, not a sysctl's (PacketRulesSettings).
   */
  readonly strictArp: boolean;
  /** Of this process, −1000 to 1000; undefined leaves it alone. */
  readonly oomScoreAdj: number | undefined;
}

/** Connection tracking of the whole node. 0 leaves a value alone. */
export interface ConntrackSetUp {
  /** Tracked connections for each processor, but no less than `min` for the node. */
  readonly maxPerCore: number;
  readonly min: number;
  /** Seconds. */
  readonly tcpEstablishedTimeout: number;
  readonly tcpCloseWaitTimeout: number;
  readonly udpTimeout: number;
  readonly udpStreamTimeout: number;
  /** Accept TCP segments outside the window; false leaves the kernel's setting alone. */
  readonly tcpBeLiberal: boolean;
}

/** IPVS of the whole node. */
export interface IpvsSetUp {
  /** Seconds after which an idle connection is forgotten; 0 leaves a value alone. */
  readonly timeouts: IpvsTimeouts;
  /** False saves the kernel's walk over all servers every 2 s, and freezes every traffic counter. */
  readonly estimation: boolean;
  /** Processors for the estimators' threads, as `0-3,8` (Linux 6.2); undefined leaves it alone. */
  readonly estimationCpus: string | undefined;
  /** −20 to 19, of the estimators' threads (Linux 6.2); undefined leaves it alone. */
  readonly estimationNice: number | undefined;
  /** −8 to 8: how full the connection table may get before it grows (Linux 7.1); undefined leaves it alone. */
  readonly connectionLoadFactor: number | undefined;
  /** The same of the table of virtual servers. */
  readonly serviceLoadFactor: number | undefined;
}
