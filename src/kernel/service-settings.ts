import type { VirtualServerSettings } from '../model/virtual-server.js';

/** IP_VS_SVC_F_PERSISTENT, include/uapi/linux/ip_vs.h */
const PERSISTENT = 1;

/** The settings of a virtual server as the kernel spells them. */
export interface ServiceSettings {
  readonly scheduler: string;
  /** IP_VS_SVC_F_* */
  readonly flags: number;
  /** Seconds; the kernel reports one even without the persistent flag. */
  readonly timeout: number;
}

export function toKernel({ scheduler, persistenceTimeout }: VirtualServerSettings): ServiceSettings {
  return { scheduler, flags: persistenceTimeout > 0 ? PERSISTENT : 0, timeout: persistenceTimeout };
}

export function fromKernel({ scheduler, flags, timeout }: ServiceSettings): VirtualServerSettings {
  return { scheduler, persistenceTimeout: (flags & PERSISTENT) === 0 ? 0 : timeout };
}
