import { FAMILIES, type Family } from '../../model/address.js';
import { SCHEDULERS } from '../../model/scheduler.js';
import type { KernelHandle } from '../native/addon.js';
import { decodeLookAnswers } from '../native/answer-decoder.js';
import { encodeKeys, encodeOperations } from '../native/operation-encoder.js';
import type { KernelOperation, MarkKey } from '../native/records.js';

/**
 * The mark that keys the virtual server of the trial: no packet carries it, so none is ever balanced by it. Others who
 * mark packets use single bits or small numbers; should one have a virtual server at it, nothing is tried.
 */
const TRIAL_MARK = 0x6b697670;

interface SchedulerTrial {
  /** Undefined: could not be tried. */
  readonly schedulers: readonly string[] | undefined;
  readonly families: readonly Family[];
}

/**
 * Finds out by trying: a virtual server that nothing can reach is made with each scheduler and deleted in the same
 * message. The kernel loads a scheduler's module when it is named, whatever rights we have beyond CAP_NET_ADMIN.
 */
export async function trySchedulers(handle: KernelHandle): Promise<SchedulerTrial> {
  if (!(await isFree(handle, 'IPv4'))) return { schedulers: undefined, families: FAMILIES };
  const families = await thatPass(
    FAMILIES,
    async (family) => (await isFree(handle, family)) && (await works(handle, family, 'rr')),
  );
  const [family] = families;
  if (family === undefined) return { schedulers: undefined, families };
  return { schedulers: await thatPass(SCHEDULERS, (name) => works(handle, family, name)), families };
}

/** Those that pass, tried one after another: a trial uses the same virtual server each time. */
async function thatPass<T>(
  candidates: readonly T[],
  passes: (candidate: T) => Promise<boolean>,
): Promise<T[]> {
  const passed: T[] = [];
  for (const candidate of candidates) if (await passes(candidate)) passed.push(candidate);
  return passed;
}

function keyOf(family: Family): MarkKey {
  return { family, mark: TRIAL_MARK };
}

// A trial of our own that was killed half-way left a virtual server without real servers: it is taken up.
async function isFree(handle: KernelHandle, family: Family): Promise<boolean> {
  const { buffer, count } = encodeKeys([keyOf(family)]);
  const [answer] = decodeLookAnswers(await handle.lookVirtualServers(buffer, count));
  if (answer?.kind === 'present' && answer.realServers.length === 0) {
    await apply(handle, { kind: 'delete-virtual-server', key: keyOf(family) });
    return true;
  }
  return answer?.kind === 'absent';
}

async function works(handle: KernelHandle, family: Family, scheduler: string): Promise<boolean> {
  const key = keyOf(family);
  const [made] = await apply(
    handle,
    { kind: 'add-virtual-server', key, scheduler, flags: 0, timeout: 0 },
    { kind: 'delete-virtual-server', key },
  );
  return made === 0;
}

/** 0 or −errno for each. */
async function apply(handle: KernelHandle, ...operations: readonly KernelOperation[]): Promise<Int32Array> {
  const { buffer, count } = encodeOperations(operations);
  return (await handle.apply(buffer, count)).codes;
}
