import { constants } from 'node:os';
import { getSystemErrorName } from 'node:util';
import { errnoRemedy } from '../../model/errno-remedy.js';
import { KernelUnusable } from '../kernel.js';

/** What the kernel said to a call, in the shape of Node's own SystemError. */
export class NetlinkError extends Error {
  override readonly name = 'NetlinkError';
  /** errno's name, `EPERM`. */
  readonly code: string;
  /** Negative, as everywhere in Node. */
  readonly errno: number;
  /** What was tried: `ipvs.dump`, `route.ensureDevice` … */
  readonly syscall: string;
  /** The kernel's extended acknowledgement, or the addon's own reason, where there is one. */
  declare readonly extAck?: string;
  /** What would mend it, where the code alone tells; otherwise empty. */
  readonly remedy: string;

  /** Called by the addon too (setErrorClass), with an empty `extAck` where there is none. */
  constructor(errno: number, syscall: string, extAck = '') {
    const code = errnoName(errno);
    super(extAck === '' ? `${syscall}: ${code}` : `${syscall}: ${code}, ${extAck}`);
    this.code = code;
    this.errno = errno;
    this.syscall = syscall;
    this.remedy = errnoRemedy(this.code) ?? '';
    if (extAck !== '') this.extAck = extAck;
  }
}

/** `EEXIST` for −17. */
export function errnoName(errno: number): string {
  const known = getSystemErrorName(errno);
  return known.startsWith('Unknown') ? (OTHER_NAMES.get(-errno) ?? `E${-errno}`) : known;
}

// libuv has no names for the errnos that it never meets itself, such as EBADMSG; ENOTSUPP is the kernel's own.
const OTHER_NAMES: ReadonlyMap<number, string> = new Map([
  ...Object.entries(constants.errno).map(([name, number]) => [number, name] as const),
  [524, 'ENOTSUPP'],
]);

/** What a refusal of the first words to IPVS means; an error that says nothing of IPVS, as EMFILE, stays as it is. */
export function unusable(error: unknown): unknown {
  if (!(error instanceof NetlinkError)) return error;
  const meaning = UNUSABLE[error.code];
  if (meaning === undefined) return error;
  return new KernelUnusable(`${meaning} (${error.code}).`, error.remedy, { cause: error });
}

/** What those errnos mean that say that there is no IPVS for this process; what would mend them: errnoRemedy(). */
const UNUSABLE: Readonly<Record<string, string>> = {
  EPERM: 'the kernel does not let this process use IPVS',
  EACCES: 'the kernel does not let this process use IPVS',
  EPROTONOSUPPORT: 'this kernel has no IPVS: the module ip_vs is not loaded',
  ENOMEM: 'the kernel has no memory for a netlink socket',
  ENOBUFS: 'the kernel has no memory for a netlink socket',
};
