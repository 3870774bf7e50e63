import type { KernelHandle } from '../native/addon.js';
import { errnoName } from '../native/netlink-error.js';
import { type Command, encodeTransaction } from './transaction.js';

/** Why the kernel changed nothing. */
export interface Refusal {
  /** `EOPNOTSUPP` */
  readonly code: string;
  /** What was refused, the error's name, and the kernel's own words where it has some. */
  readonly text: string;
}

/** All commands in one transaction, or none; undefined where they are done. Rejects where there is no nf_tables to talk to. */
export async function sendTransaction(
  handle: Pick<KernelHandle, 'sendNft'>,
  commands: readonly Command[],
): Promise<Refusal | undefined> {
  const { bytes, subjects } = encodeTransaction(commands);
  const { errno, message, extAck } = await handle.sendNft(bytes);
  if (errno === 0) return undefined;
  const code = errnoName(errno);
  const subject = subjects[message] ?? 'the whole transaction';
  return { code, text: `${subject}: ${code}${extAck === '' ? '' : `, ${extAck}`}` };
}
