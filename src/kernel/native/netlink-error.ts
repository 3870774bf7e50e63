import { constants } from 'node:os';
import { getSystemErrorName } from 'node:util';

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
    this.remedy = REMEDIES.get(this.code) ?? '';
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

const REMEDIES: ReadonlyMap<string, string> = new Map([
  [
    'EMFILE',
    'Raise the limit of open files of this process to 1024 or more (ulimit -n, LimitNOFILE= of systemd).',
  ],
  ['ENFILE', 'Raise fs.file-max of this node, or find out who has so many files open (lsof).'],
]);
