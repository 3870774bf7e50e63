import type { SchedulerFlags, VirtualServerSettings } from '../model/virtual-server.js';

/** IP_VS_SVC_F_PERSISTENT, include/uapi/linux/ip_vs.h */
const PERSISTENT = 1;

/** IP_VS_SVC_F_SCHED_SH_* and _MH_*: the schedulers' own flags, the same bits for both. */
const SCHEDULER_BITS: Readonly<Record<SchedulerFlags, number>> = {
  '': 0,
  fallback: 0x08,
  port: 0x10,
  'fallback,port': 0x18,
};

/** The settings of a virtual server as the kernel spells them. */
export interface ServiceSettings {
  readonly scheduler: string;
  /** IP_VS_SVC_F_* */
  readonly flags: number;
  /** Seconds; the kernel reports one even without the persistent flag. */
  readonly timeout: number;
}

export function toKernel(settings: VirtualServerSettings): ServiceSettings {
  const { scheduler, schedulerFlags, persistenceTimeout } = settings;
  const persistent = persistenceTimeout > 0 ? PERSISTENT : 0;
  return { scheduler, flags: persistent | SCHEDULER_BITS[schedulerFlags], timeout: persistenceTimeout };
}

export function fromKernel({ scheduler, flags, timeout }: ServiceSettings): VirtualServerSettings {
  const persistenceTimeout = (flags & PERSISTENT) === 0 ? 0 : timeout;
  return { scheduler, schedulerFlags: schedulerFlagsOf(flags), persistenceTimeout };
}

function schedulerFlagsOf(flags: number): SchedulerFlags {
  const names = Object.keys(SCHEDULER_BITS) as SchedulerFlags[];
  return names.find((name) => SCHEDULER_BITS[name] === (flags & SCHEDULER_BITS['fallback,port'])) ?? '';
}
