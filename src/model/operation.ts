import type { Address } from './address.js';
import type { Cidr } from './cidr.js';
import type { TrafficSet } from './dataplane.js';
import type { Frontend } from './frontend.js';
import type { RealServer, RealServers } from './real-server.js';
import type { VirtualServerSettings } from './virtual-server.js';

/**
 * One write to the kernel, as a value that can be printed, counted and rehearsed.
 *
 * own/disown: the ledger entry that says a virtual server is ours. guard/release: new traffic to a VIP is refused
 * on every port that is not open. open/close: whether a frontend takes new connections. bind/unbind: the VIP as an
 * address of the dummy device. enter/leave set: how packets of a frontend are treated. allow/forbid source: who may
 * reach a restricted frontend.
 */
export type Operation =
  | PolicyOperation
  | { readonly kind: 'bind-vip' | 'unbind-vip'; readonly address: Address }
  | VirtualServerWrite
  | { readonly kind: 'delete-virtual-server'; readonly frontend: Frontend }
  | RealServerWrite
  | AddRealServers
  | { readonly kind: 'delete-real-server'; readonly frontend: Frontend; readonly server: RealServer }
  | ForgetFlows;

/**
 * Drop the conntrack entries of flows that a removed server still holds; without a server, all flows of a frontend that
 * is new. Only for protocols that do not drain.
 */
export interface ForgetFlows {
  readonly kind: 'forget-flows';
  readonly frontend: Frontend;
  readonly server?: RealServer;
}

/** A change of the nftables sets. */
export type PolicyOperation =
  | {
      readonly kind: 'own-frontend';
      readonly frontend: Frontend;
      readonly owner: string;
      /** The ledger already names another owner, whose entry goes in the same transaction. */
      readonly replaces?: string;
    }
  | { readonly kind: 'disown-frontend' | 'open-frontend' | 'close-frontend'; readonly frontend: Frontend }
  | { readonly kind: 'guard-vip' | 'release-vip'; readonly address: Address }
  | TrafficOperation
  | SourceOperation;

/** Membership of a frontend in one of the traffic sets. */
interface TrafficOperation {
  readonly kind: 'enter-set' | 'leave-set';
  readonly set: TrafficSet;
  readonly frontend: Frontend;
}

/** Who may reach a restricted frontend. */
interface SourceOperation {
  readonly kind: 'allow-source' | 'forbid-source';
  readonly frontend: Frontend;
  readonly source: Cidr;
}

/** set replaces all settings of an existing virtual server in place; its connections stay. */
export interface VirtualServerWrite {
  readonly kind: 'add-virtual-server' | 'set-virtual-server';
  readonly frontend: Frontend;
  readonly settings: VirtualServerSettings;
}

/** set replaces the weight of an existing real server in place; its connections stay. */
interface RealServerWrite {
  readonly kind: 'add-real-server' | 'set-real-server';
  readonly frontend: Frontend;
  readonly server: RealServer;
}

/**
 * All servers of a virtual server that has none yet. Most of a first pass is this, and an object for each of a hundred
 * thousand servers would take longer than the kernel takes. Whoever counts, tells or refuses does so for each server.
 */
export interface AddRealServers {
  readonly kind: 'add-real-servers';
  readonly frontend: Frontend;
  readonly servers: RealServers;
}

/** An operation as it is counted and told. */
export type SingleOperation = Exclude<Operation, AddRealServers>;

export type OperationKind = SingleOperation['kind'];

/** The same with an operation for each server. */
export function singly(operations: readonly Operation[]): readonly SingleOperation[] {
  return operations.every(isSingle) ? operations : operations.flatMap(singleOnes);
}

function isSingle(operation: Operation): operation is SingleOperation {
  return operation.kind !== 'add-real-servers';
}

function singleOnes(operation: Operation): SingleOperation[] {
  if (isSingle(operation)) return [operation];
  const { frontend, servers } = operation;
  return Array.from(servers, (server) => ({ kind: 'add-real-server', frontend, server }));
}

/** What it counts as. */
export function kindOf({ kind }: Operation): OperationKind {
  return kind === 'add-real-servers' ? 'add-real-server' : kind;
}

/** How often it counts. */
export function countOf(operation: Operation): number {
  return isSingle(operation) ? 1 : operation.servers.size;
}

/** Every change of the nftables sets: the compiler asks for each. */
const POLICY: Readonly<Record<PolicyOperation['kind'], true>> = {
  'own-frontend': true,
  'disown-frontend': true,
  'open-frontend': true,
  'close-frontend': true,
  'guard-vip': true,
  'release-vip': true,
  'enter-set': true,
  'leave-set': true,
  'allow-source': true,
  'forbid-source': true,
};

/** Whether nftables performs it. */
export function isPolicyKind(kind: OperationKind): kind is PolicyOperation['kind'] {
  return Object.hasOwn(POLICY, kind);
}

/** `add-real-server 10.96.0.1:443/TCP 10.0.0.1:6443 weight 1`. */
export function operationText(operation: SingleOperation): string {
  return [operation.kind, ...operationWords(operation)].join(' ');
}

function operationWords(operation: SingleOperation): string[] {
  switch (operation.kind) {
    case 'own-frontend':
      return [operation.frontend.key, `for ${operation.owner}`, ...replacedWords(operation.replaces)];
    case 'disown-frontend':
    case 'open-frontend':
    case 'close-frontend':
    case 'delete-virtual-server':
      return [operation.frontend.key];
    case 'guard-vip':
    case 'release-vip':
    case 'bind-vip':
    case 'unbind-vip':
      return [operation.address];
    case 'add-virtual-server':
    case 'set-virtual-server':
      return [operation.frontend.key, ...settingsWords(operation.settings)];
    case 'add-real-server':
    case 'set-real-server':
      return [operation.frontend.key, operation.server.key, `weight ${operation.server.weight}`];
    case 'delete-real-server':
      return [operation.frontend.key, operation.server.key];
    case 'forget-flows':
      return [operation.frontend.key, operation.server?.key ?? 'of before'];
    case 'enter-set':
    case 'leave-set':
      return [operation.set, operation.frontend.key];
    case 'allow-source':
    case 'forbid-source':
      return [operation.frontend.key, `from ${operation.source.text}`];
  }
}

function replacedWords(replaced: string | undefined): string[] {
  return replaced === undefined ? [] : [`instead of ${replaced}`];
}

function settingsWords(settings: VirtualServerSettings): string[] {
  const { scheduler, schedulerFlags, persistenceTimeout } = settings;
  const flags = schedulerFlags === '' ? [] : [`(${schedulerFlags})`];
  const persistence = persistenceTimeout > 0 ? [`persistent ${persistenceTimeout}`] : [];
  return [scheduler, ...flags, ...persistence];
}

/** What was tried, and in the same order what became of each. */
export interface Answered {
  readonly operations: readonly Operation[];
  readonly outcomes: readonly Outcome[];
}

/** What became of one operation. */
export type Outcome =
  | { readonly kind: 'done' }
  /** The kernel refused; nothing changed. */
  | { readonly kind: 'failed'; readonly error: KernelRefusal }
  /** The answer was lost: the write may or may not have happened, so look again before deciding anything. */
  | { readonly kind: 'unknown'; readonly error: KernelRefusal }
  /** Not tried, because something it builds on is not there. */
  | { readonly kind: 'skipped' };

export interface KernelRefusal {
  /** errno's name, `EEXIST`. */
  readonly code: string;
  /** The kernel's own words (extended acknowledgement), where it gave any. */
  readonly message?: string;
}

export const DONE: Outcome = { kind: 'done' };
export const SKIPPED: Outcome = { kind: 'skipped' };

export function failed(code: string, message?: string): Outcome {
  return { kind: 'failed', error: message === undefined ? { code } : { code, message } };
}

export function unknown(code: string): Outcome {
  return { kind: 'unknown', error: { code } };
}
