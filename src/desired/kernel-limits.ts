import type { Family } from '../model/address.js';
import type { NodeProfile } from './node-settings.js';

/** What of the kernel decides what is wanted of this node. */
export interface KernelAbilities {
  readonly ipv6: 'off' | 'not forwarding' | 'forwarding';
  readonly ipvs: {
    readonly families: readonly Family[];
    /** Undefined: could not be tried. */
    readonly schedulers: readonly string[] | undefined;
  };
}

/** Both send one client to one server, and mh moves fewer clients when servers come and go. */
const STICKY_SCHEDULERS = ['mh', 'sh'] as const;

/** The families and the sticky schedulers that this kernel allows. */
export function kernelLimits({
  ipv6,
  ipvs,
}: KernelAbilities): Pick<NodeProfile, 'families' | 'stickyScheduler' | 'smallStickyScheduler'> {
  const has = (scheduler: string) => ipvs.schedulers?.includes(scheduler) === true;
  return {
    // Of IPv6 that is switched off no address can be bound, so that nothing of it could ever be programmed.
    families: ipvs.families.filter((family) => family === 'IPv4' || ipv6 !== 'off'),
    stickyScheduler: STICKY_SCHEDULERS.find(has),
    smallStickyScheduler: has('sh') ? 'sh' : undefined,
  };
}
