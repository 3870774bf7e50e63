import { type Address, familyOf } from '../../model/address.js';
import { type Frontend, isInside } from '../../model/frontend.js';
import {
  type AddRealServers,
  type Answered,
  countOf,
  DONE,
  type ForgetFlows,
  failed,
  type Operation,
  type Outcome,
  type PolicyOperation,
  type SingleOperation,
  singly,
  unknown,
} from '../../model/operation.js';
import type { RealServer } from '../../model/real-server.js';
import type { VipBinding } from '../../model/vip-binding.js';
import type { Answers } from '../native/addon.js';
import { errnoName } from '../native/netlink-error.js';
import { type EncodedOperations, OperationEncoder, type RecordSpace } from '../native/operation-encoder.js';
import { ADDRESS_PARTS, type KernelOperation, type ServerKey } from '../native/records.js';
import {
  arpElementOf,
  elementOf,
  PARTS,
  type PacketElement,
  plainSetOf,
} from '../packet-table/packet-sets.js';
import { ARP_INDEX } from '../packet-table/packet-table.js';
import { drainMark, toKernel } from './server-settings.js';

/** What takes records. */
type Records = Pick<OperationEncoder, 'push' | 'pushKey'>;

/**
 * Adds the records that carry one operation, one after the other in one transaction; the last one's answer is the
 * operation's. Two take a new owner in the ledger, since nftables keeps the old comment of an element that is added
 * again, and unbinding, since the VIP may be bound in either way. A server of another family than its VIP has none:
 * IPVS masquerades within one family only, and the address would be cut to the length of the other.
 */
export function addRecords(
  operation: SingleOperation,
  records: Records,
  binding: VipBinding = 'addresses',
): void {
  if (!isSent(operation)) return;
  switch (operation.kind) {
    case 'add-real-server':
    case 'set-real-server':
    case 'delete-real-server':
      records.push(serverRecord(operation));
      return;
    case 'add-virtual-server':
    case 'set-virtual-server':
      records.push({
        kind: operation.kind,
        key: serverKey(operation.frontend),
        ...toKernel(operation.settings),
      });
      return;
    case 'delete-virtual-server':
      records.push({ kind: operation.kind, key: serverKey(operation.frontend) });
      return;
    case 'forget-flows':
      records.push(flowsRecord(operation));
      return;
    case 'bind-vip':
      records.pushKey(BIND_KINDS[binding], 0, ADDRESS_PARTS, operation.address);
      return;
    case 'unbind-vip':
      for (const way of UNBINDING[binding])
        records.pushKey(UNBIND_KINDS[way], 0, ADDRESS_PARTS, operation.address);
      return;
    case 'own-frontend':
      if (operation.replaces !== undefined) addElement('delete-element', operation, records);
      addElement('add-element', operation, records, operation.owner);
      return;
    case 'open-frontend':
    case 'guard-vip':
    case 'enter-set':
    case 'allow-source':
      addElement('add-element', operation, records);
      return;
    case 'disown-frontend':
    case 'close-frontend':
    case 'release-vip':
    case 'leave-set':
    case 'forbid-source':
      addElement('delete-element', operation, records);
      return;
  }
}

function addElement(
  kind: 'add-element' | 'delete-element',
  operation: PolicyOperation,
  records: Records,
  comment?: string,
): void {
  const set = plainSetOf(operation);
  const name = 'address' in operation ? operation.address : operation.frontend.key;
  if (set !== undefined) records.pushKey(kind, set, PARTS[set] as number, name, comment);
  else if ('frontend' in operation) records.push(elementRecord(kind, elementOf(operation), comment));
}

const BIND_KINDS = { addresses: 'bind-address', routes: 'bind-route' } as const;
const UNBIND_KINDS = { addresses: 'unbind-address', routes: 'unbind-route' } as const;

/** In which order it is unbound: last as it was bound. */
const UNBINDING: Readonly<Record<VipBinding, readonly VipBinding[]>> = {
  addresses: ['routes', 'addresses'],
  routes: ['addresses', 'routes'],
};

export function bindRecord(address: Address, binding: VipBinding): KernelOperation {
  return { kind: BIND_KINDS[binding], address };
}

export function unbindRecord(address: Address, binding: VipBinding): KernelOperation {
  return { kind: UNBIND_KINDS[binding], address };
}

type ServerOperation = Extract<Operation, { server: RealServer }>;

function isSent(operation: SingleOperation): boolean {
  if (!('server' in operation) || operation.server === undefined) return true;
  return familyOf(operation.server.address) === familyOf(operation.frontend.address);
}

function serverRecord({ kind, frontend, server }: ServerOperation): KernelOperation {
  const { address, port, weight } = server;
  const key = serverKey(frontend);
  if (kind === 'delete-real-server') return { kind, key, address, port };
  return { kind, key, address, port, weight, upperThreshold: thresholdOf(weight) };
}

function thresholdOf(weight: number): number {
  return weight === 0 ? drainMark() : 0;
}

// A flow knows the address that its client asked for, whatever the mark on its packets was.
function flowsRecord({ kind, frontend, server }: ForgetFlows): KernelOperation {
  return { kind, key: frontend, address: server?.address, port: server?.port };
}

function elementRecord(
  kind: 'add-element' | 'delete-element',
  { set, key, mark, freeBits }: PacketElement,
  comment?: string,
): KernelOperation {
  return kind === 'add-element'
    ? { kind, set, element: key, mark, freeBits, comment }
    : { kind, set, element: key, freeBits };
}

/** What clients inside the cluster see is keyed by the mark that our table puts on their packets. */
export function serverKey(front: Frontend): ServerKey {
  return isInside(front) ? { family: familyOf(front.address), mark: front.mark } : front;
}

/**
 * What an answer means for an operation; `message` is the kernel's words, where it gave any. The sets and the dummy
 * device take writes that are so already: adding what exists and removing what does not is done.
 */
export function outcomeOf(operation: SingleOperation, errno: number, message?: string): Outcome {
  if (errno === 0) return DONE;
  const code = errnoName(errno);
  if (code === 'ENOBUFS') return unknown(code);
  return isSoAlready(operation, code) ? DONE : failed(code, message);
}

function isSoAlready({ kind }: SingleOperation, code: string): boolean {
  switch (kind) {
    case 'bind-vip':
    case 'own-frontend':
    case 'guard-vip':
    case 'open-frontend':
    case 'enter-set':
    case 'allow-source':
      return code === 'EEXIST';
    case 'unbind-vip':
      return code === 'EADDRNOTAVAIL' || code === 'ENODEV' || code === 'ESRCH';
    case 'disown-frontend':
    case 'release-vip':
    case 'close-frontend':
    case 'leave-set':
    case 'forbid-source':
    case 'forget-flows':
      return code === 'ENOENT';
    default:
      return false;
  }
}

/**
 * Answers to one job of the worker thread, about: handing a job over costs some system calls, and each job of elements is
 * one nftables transaction. While one is performed the next is encoded, so that they should not be few either.
 */
export const ANSWERS_PER_JOB = 2048;

/** Operations with the records that carry them. */
export interface Job extends EncodedOperations {
  readonly operations: readonly Operation[];
  /** For each operation how many answers there are up to its last, which is the operation's. */
  readonly ends: readonly number[];
}

/** What else the records of an operation depend on. */
export interface RecordSettings {
  /** Whether a guarded VIP is in the table for ARP too. */
  readonly hasArpTable: boolean;
  readonly vipBinding: VipBinding;
}

/** A job's records are good until the next is taken: then `space` is filled again. */
export function* jobsOf(
  operations: readonly Operation[],
  settings: RecordSettings,
  space: RecordSpace,
): Generator<Job> {
  let start = 0;
  let count = 0;
  for (let end = 1; end <= operations.length; end++) {
    count += countOf(operations[end - 1] as Operation);
    if (count < ANSWERS_PER_JOB && end < operations.length) continue;
    yield jobOf(operations.slice(start, end), settings, space);
    start = end;
    count = 0;
  }
}

function jobOf(
  operations: readonly Operation[],
  { hasArpTable, vipBinding }: RecordSettings,
  space: RecordSpace,
): Job {
  const encoder = new OperationEncoder(operations.length, space);
  const ends: number[] = [];
  for (let index = 0; index < operations.length; index++) {
    const operation = operations[index] as Operation;
    const arp = hasArpTable ? arpRecord(operation) : undefined;
    if (arp !== undefined) encoder.push(arp);
    if (operation.kind === 'add-real-servers') addServers(operation, encoder);
    else addRecords(operation, encoder, vipBinding);
    ends.push(encoder.answers);
  }
  return { operations, ends, ...encoder.finish() };
}

function addServers({ frontend, servers }: AddRealServers, encoder: OperationEncoder): void {
  const key = serverKey(frontend);
  const { even } = servers;
  if (even !== undefined && encoder.pushRealServers(key, even, thresholdOf(even.weight))) return;
  for (const { address, port, weight } of servers)
    encoder.pushRealServer('add-real-server', key, address, port, weight, thresholdOf(weight));
}

/** What the kernel has said to operations so far. */
export class AnswerList implements Answered {
  readonly operations: Operation[] = [];
  readonly outcomes: Outcome[] = [];

  /** `codes` and `messages` are those of the job's records. */
  add({ operations, ends }: Job, answers: Answers): void {
    let first = 0;
    // Nearly always the kernel has done all of them: then no operation looks for its own answer.
    const isDone = areDone(answers.codes, 0, ends.at(-1) ?? 0);
    for (let index = 0; index < operations.length; index++) {
      const operation = operations[index] as Operation;
      const end = ends[index] as number;
      if (operation.kind === 'add-real-servers') this.#addServers(operation, answers, first, end, isDone);
      else if (end === first) this.#add(operation, MIXED_FAMILIES);
      else this.#add(operation, isDone ? DONE : answerTo(operation, answers, end - 1));
      first = end;
    }
  }

  #add(operation: Operation, outcome: Outcome): void {
    this.operations.push(operation);
    this.outcomes.push(outcome);
  }

  #addServers(
    operation: AddRealServers,
    answers: Answers,
    first: number,
    end: number,
    isDone: boolean,
  ): void {
    const hasEach = end - first === operation.servers.size;
    if (hasEach && (isDone || areDone(answers.codes, first, end))) this.#add(operation, DONE);
    else this.#addEach(operation, answers, first, hasEach);
  }

  #addEach(operation: AddRealServers, answers: Answers, first: number, hasEach: boolean): void {
    let record = first;
    for (const single of singly([operation])) {
      const isWritten = isSent(single);
      this.#add(single, isWritten ? answerTo(single, answers, record) : MIXED_FAMILIES);
      if (isWritten || hasEach) record++;
    }
  }
}

function areDone(codes: Int32Array, first: number, end: number): boolean {
  for (let record = first; record < end; record++) if (codes[record] !== 0) return false;
  return true;
}

function answerTo(operation: SingleOperation, { codes, messages }: Answers, record: number): Outcome {
  if (codes[record] === 0) return DONE;
  const message = messages.find((words) => words.record === record);
  return outcomeOf(operation, codes[record] ?? -NO_ANSWER, message?.text);
}

/** The VIP's element in the table for ARP; it goes before the operation's own records, and in the same transaction. */
function arpRecord(operation: Operation): KernelOperation | undefined {
  if (operation.kind !== 'guard-vip' && operation.kind !== 'release-vip') return undefined;
  const element = arpElementOf(operation);
  if (element === undefined) return undefined;
  const kind = operation.kind === 'guard-vip' ? 'add-element' : 'delete-element';
  return { kind, set: ARP_INDEX, element };
}

/** ENOBUFS: no answer is an answer that was lost. */
const NO_ANSWER = 105;

const MIXED_FAMILIES = failed('EINVAL', 'the server is of another family than the VIP');
