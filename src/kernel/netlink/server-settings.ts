import type { SchedulerFlags, VirtualServerSettings } from '../../model/virtual-server.js';
import type { ServiceSettings } from '../native/records.js';

/** IP_VS_SVC_F_PERSISTENT, include/uapi/linux/ip_vs.h */
const PERSISTENT = 1;

/** IP_VS_SVC_F_SCHED_SH_* and _MH_*: the schedulers' own flags, the same bits for both. */
const SCHEDULER_BITS: Readonly<Record<SchedulerFlags, number>> = {
  '': 0,
  fallback: 0x08,
  port: 0x10,
  'fallback,port': 0x18,
};

/**
 * In the flags of every virtual server of ours, so that it is known as ours where the ledger is lost. The kernel uses
 * the lowest six bits and keeps the others as they were written (ip_vs_genl_parse_service, ip_vs_add_service); ipvsadm
 * shows none of them, and takes them away from a virtual server that it edits.
 */
const TAG = 0x6b69_0000;
const TAG_BITS = 0xffff_0000;

/** Whether this program wrote the virtual server. */
export function isTagged(flags: number): boolean {
  return (flags & TAG_BITS) >>> 0 === TAG;
}

/** Of `selftest`, which is neither ours to keep nor another program's. */
export const TRIAL_TAG = 0x6b74_0000;

export function isOfTrial(flags: number): boolean {
  return (flags & TAG_BITS) >>> 0 === TRIAL_TAG;
}

export function toKernel(settings: VirtualServerSettings): ServiceSettings {
  const { scheduler, schedulerFlags, persistenceTimeout } = settings;
  const persistent = persistenceTimeout > 0 ? PERSISTENT : 0;
  return { scheduler, flags: TAG | persistent | SCHEDULER_BITS[schedulerFlags], timeout: persistenceTimeout };
}

export function fromKernel(server: ServiceSettings): VirtualServerSettings {
  const { scheduler, flags, timeout } = server;
  // Nearly all virtual servers of a node are set alike, and then share one object.
  if (latest?.scheduler !== scheduler || latest.flags !== flags || latest.timeout !== timeout)
    latest = { scheduler, flags, timeout, settings: readSettings(server) };
  return latest.settings;
}

let latest: (ServiceSettings & { readonly settings: VirtualServerSettings }) | undefined;

function readSettings({ scheduler, flags, timeout }: ServiceSettings): VirtualServerSettings {
  const persistenceTimeout = (flags & PERSISTENT) === 0 ? 0 : timeout;
  return { scheduler, schedulerFlags: schedulerFlagsOf(flags), persistenceTimeout };
}

function schedulerFlagsOf(flags: number): SchedulerFlags {
  const names = Object.keys(SCHEDULER_BITS) as SchedulerFlags[];
  return names.find((name) => SCHEDULER_BITS[name] === (flags & SCHEDULER_BITS['fallback,port'])) ?? '';
}

/**
 * Since when a server drains is noted in the kernel itself, so that an agent that starts in the middle of a drain goes
 * on with it: as the server's upper threshold, in seconds since boot. It has no other effect, since a server of weight
 * 0 takes no new connections anyway, and it goes with the next weight (ip_vs_ctl.c, __ip_vs_update_dest).
 */
export function drainMark(): number {
  const [seconds] = process.hrtime();
  return Math.max(1, seconds);
}

/** The mark as milliseconds on the machine's clock; undefined where there is none. */
export function drainStart(weight: number, upperThreshold: number): number | undefined {
  return weight === 0 && upperThreshold > 0 ? upperThreshold * 1000 : undefined;
}
