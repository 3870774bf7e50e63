import { KernelUnusable } from './kernel.js';
import { NetlinkError } from './native/netlink-error.js';

/** What a refusal of the first words to IPVS means; any other error stays as it is. */
export function unusable(error: unknown): unknown {
  if (!(error instanceof NetlinkError)) return error;
  if (error.code === 'EPERM' || error.code === 'EACCES')
    return new KernelUnusable(
      'the kernel does not let this process use IPVS (EPERM).',
      'Run it as root with CAP_NET_ADMIN in the initial user namespace; a rootless container cannot have it.',
      { cause: error },
    );
  return new KernelUnusable(
    `this kernel has no IPVS: the module ip_vs is not loaded (${error.code}).`,
    'Load it with `modprobe ip_vs`, or install the kernel package that has the module.',
    { cause: error },
  );
}
