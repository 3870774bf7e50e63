/**
 * Every scheduler of the kernel (net/netfilter/ipvs, Linux 6.12). Whether this kernel has a module is for it to say.
 */
export const SCHEDULERS = [
  'rr',
  'wrr',
  'lc',
  'wlc',
  'fo',
  'ovf',
  'lblc',
  'lblcr',
  'dh',
  'sh',
  'mh',
  'sed',
  'nq',
  'twos',
] as const;

/**
 * What the two schedulers that hash the client can be given besides: `port` takes the client's port into the hash, so
 * that one client's connections spread; `fallback` goes on to another server where the one found has weight 0
 * (IP_VS_SVC_F_SCHED_SH_PORT and so on in include/uapi/linux/ip_vs.h). A flag counts for its own scheduler only.
 */
export const SCHEDULER_FLAGS = ['sh-port', 'sh-fallback', 'mh-port', 'mh-fallback'] as const;

export type SchedulerFlag = (typeof SCHEDULER_FLAGS)[number];

// These ask of a weight only whether it is 0. With each the one to use for weights.
const UNWEIGHTED = new Map([
  ['rr', 'wrr'],
  ['lc', 'wlc'],
  ['dh', 'wrr'],
]);
/** The kernel's name for a virtual server that balances nothing yet. */
export const NO_SCHEDULER = 'none';

const HASHING = new Set(['dh', 'sh', 'mh']);

/** Whether servers of weight 1 and 100 get the same share. */
export function ignoresWeights(scheduler: string): boolean {
  return UNWEIGHTED.has(scheduler);
}

/** The scheduler that does the same by weight; the one given where that does so already. */
export function weightedKin(scheduler: string): string {
  return UNWEIGHTED.get(scheduler) ?? scheduler;
}

/**
 * Whether the scheduler fills a table with the servers in the order in which it has them. Nodes that should send one
 * client to one server need the same order then.
 */
export function hashesServers(scheduler: string): boolean {
  return HASHING.has(scheduler);
}

/** Whether the scheduler is one of the two that SCHEDULER_FLAGS are for. */
export function takesFlags(scheduler: string): boolean {
  return scheduler === 'sh' || scheduler === 'mh';
}
