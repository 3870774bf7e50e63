import { failed, type Operation, type Outcome } from '../../model/operation.js';
import type { Answers } from '../native/addon.js';
import { type EncodedOperations, encodeOperations, type RecordSpace } from '../native/operation-encoder.js';
import type { KernelOperation } from '../native/records.js';
import { arpElementOf } from '../packet-table/packet-sets.js';
import { ARP_INDEX } from './handle-sets.js';
import { addRecords, outcomeOf } from './netlink-operations.js';

/**
 * Operations in one job of the worker thread: handing a job over costs some system calls, and each job of elements is one
 * nftables transaction. While one is performed the next is encoded, so that they should not be few either.
 */
export const OPERATIONS_PER_JOB = 2048;

/** Operations with the records that carry them. */
export interface Job extends EncodedOperations {
  readonly operations: readonly Operation[];
  /** For each operation its last record, whose answer is the operation's; none for one that is not sent. */
  readonly last: readonly (number | undefined)[];
}

/** A job's records are good until the next is taken: then `space` is filled again. */
export function* jobsOf(
  operations: readonly Operation[],
  strictArp: boolean,
  space: RecordSpace,
): Generator<Job> {
  for (let start = 0; start < operations.length; start += OPERATIONS_PER_JOB)
    yield jobOf(operations.slice(start, start + OPERATIONS_PER_JOB), strictArp, space);
}

function jobOf(operations: readonly Operation[], strictArp: boolean, space: RecordSpace): Job {
  const records: KernelOperation[] = [];
  const last: (number | undefined)[] = [];
  for (const operation of operations) {
    const before = records.length;
    const shield = strictArp ? shieldRecord(operation) : undefined;
    if (shield !== undefined) records.push(shield);
    addRecords(operation, records);
    last.push(records.length === before ? undefined : records.length - 1);
  }
  return { operations, last, ...encodeOperations(records, space) };
}

/** Adds one outcome for each operation of the job; `codes` and `messages` are those of its records. */
export function addOutcomes(
  { operations, last }: Job,
  { codes, messages }: Answers,
  outcomes: Outcome[],
): void {
  const texts = new Map(messages.map(({ record, text }) => [record, text]));
  operations.forEach((operation, index) => {
    const record = last[index];
    outcomes.push(
      record === undefined
        ? MIXED_FAMILIES
        : outcomeOf(operation, codes[record] ?? -NO_ANSWER, texts.get(record)),
    );
  });
}

/** Goes before the operation's own records, and in the same transaction. */
function shieldRecord(operation: Operation): KernelOperation | undefined {
  if (operation.kind !== 'guard-vip' && operation.kind !== 'release-vip') return undefined;
  const element = arpElementOf(operation);
  if (element === undefined) return undefined;
  const kind = operation.kind === 'guard-vip' ? 'add-element' : 'delete-element';
  return { kind, set: ARP_INDEX, element };
}

/** ENOBUFS: no answer is an answer that was lost. */
const NO_ANSWER = 105;

const MIXED_FAMILIES = failed('EINVAL', 'the server is of another family than the VIP');
