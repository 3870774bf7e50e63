import { type BackOff, DEFAULT_BACK_OFF } from './timing.js';

/** All times in milliseconds. */
export interface LoopSettings {
  /** A draining server goes after this time even if connections remain. */
  readonly drainDeadline: number;
  /** How often the connections of draining servers are counted. */
  readonly drainInterval: number;
  /** How often the weight of a server that starts slowly grows. */
  readonly growthInterval: number;
  /** Within this time everything that is programmed is compared once with the kernel. */
  readonly auditPeriod: number;
  /** Virtual and real servers that may be compared in a second: a round over more of them takes longer. */
  readonly auditEntriesPerSecond: number;
  /** Of those that the kernel does not tell all at once. */
  readonly auditLooksPerSecond: number;
  /** How often a slice of the audit is done. */
  readonly auditInterval: number;
  /** How often it is looked up whether processes of the node listen, where a Service prefers them. */
  readonly listenerInterval: number;
  /** At least this long between the end of a pass and the next; changes meanwhile are gathered. */
  readonly gatherTime: number;
  /** Where no Service was worked out before, so many are at once, before the kernel gets them. */
  readonly servicesAtOnce: number;
  readonly backOff: BackOff;
}

export const DEFAULT_LOOP_SETTINGS: LoopSettings = {
  // IPVS itself forgets an idle TCP connection after 15 minutes (ip_vs_proto_tcp.c): nothing that lives is cut.
  drainDeadline: 900_000,
  drainInterval: 1_000,
  growthInterval: 1_000,
  auditPeriod: 30_000,
  // For half a per cent of a core (bench/README.md): 10,000 virtual servers with 10 real servers each in half a minute.
  auditEntriesPerSecond: 110_000 / 30,
  auditLooksPerSecond: 250,
  auditInterval: 5_000,
  listenerInterval: 1_000,
  gatherTime: 0,
  // Some milliseconds of work, so that others get their turn in between.
  servicesAtOnce: 128,
  backOff: DEFAULT_BACK_OFF,
};
