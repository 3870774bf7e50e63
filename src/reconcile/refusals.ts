import type { DesiredDataplane } from '../desired/desired-dataplane.js';
import type { Address } from '../model/address.js';
import type { Clock } from '../model/clock.js';
import type { ObservedDataplane } from '../model/dataplane.js';
import type { DataplaneState } from '../model/dataplane-state.js';
import { errnoRemedy } from '../model/errno-remedy.js';
import { addressOf, type FrontendKey } from '../model/frontend.js';
import { KernelKeySet, type KernelKeys } from '../model/kernel-keys.js';
import { type KernelRefusal, operationText, type SingleOperation } from '../model/operation.js';
import type { Problem } from '../model/problem.js';
import type { ServiceKey } from '../model/service-key.js';
import { type BackOff, RetrySchedule } from './timing.js';

/** What the kernel refused, why, and when each is tried again. */
export class Refusals {
  readonly #desired: DesiredDataplane;
  readonly #failures = new Map<Subject, Failure>();
  readonly #retries: RetrySchedule<Subject>;

  constructor(desired: DesiredDataplane, clock: Clock, backOff: BackOff) {
    this.#desired = desired;
    this.#retries = new RetrySchedule(clock, backOff);
  }

  /** Subjects that are not as desired, refused or held by another program. */
  get size(): number {
    return this.#retries.size;
  }

  due(): KernelKeys {
    return keysOf(this.#retries.due());
  }

  wait(): number | undefined {
    return this.#retries.wait();
  }

  /** Why the frontend is not as desired, or its address is not. */
  failureOf(key: FrontendKey, address: Address): Failure | undefined {
    if (this.#failures.size === 0) return undefined;
    return this.#failures.get(`frontend ${key}`) ?? this.#failures.get(`vip ${address}`);
  }

  /** Whether the frontend is to be tried again. */
  isWaiting(key: FrontendKey): boolean {
    return this.#retries.size > 0 && this.#retries.attempts(`frontend ${key}`) > 0;
  }

  /** Takes in what became of the keys that a pass planned, in pieces, of which none takes long. */
  *settle(
    keys: KernelKeys,
    failures: ReadonlyMap<Subject, Failure>,
    observed: DataplaneState,
  ): Generator<void, void> {
    const wasQuiet = this.#failures.size === 0 && this.#retries.size === 0;
    if (wasQuiet && failures.size === 0 && observed.foreign.size === 0) return;
    for (const subject of subjectsOf(keys)) {
      yield;
      if (failures.has(subject)) continue;
      this.#failures.delete(subject);
      if (this.#isHeld(subject, observed)) this.#retries.failed(subject);
      else this.#retries.succeeded(subject);
    }
    for (const [subject, failure] of failures) {
      this.#failures.set(subject, failure);
      this.#retries.failed(subject);
    }
  }

  /** These could not even be planned, since nobody knows what the kernel has. */
  postpone(keys: KernelKeys): void {
    for (const subject of subjectsOf(keys)) this.#retries.failed(subject);
  }

  problems(observed: DataplaneState): Problem[] {
    // What another program holds is reported as that, not as the refusal by which it was found out.
    const own = [...this.#failures].filter(([subject]) => !this.#isHeld(subject, observed));
    const refused = own.map(([subject, failure]) => failureProblem(failure, this.#serviceOf(subject)));
    return [...refused, ...foreignProblems(this.#desired, observed)];
  }

  #serviceOf(subject: Subject) {
    const key = frontendOf(subject);
    return key === undefined ? undefined : this.#desired.serviceOf(key);
  }

  #isHeld(subject: Subject, observed: DataplaneState): boolean {
    const key = frontendOf(subject);
    return key !== undefined && observed.foreign.has(key) && this.#desired.virtualServers.has(key);
  }
}

/** Why a subject is not as desired: the first refusal is the cause, what was skipped after it is not. */
export interface Failure {
  readonly operation: SingleOperation;
  readonly error: KernelRefusal;
}

/** The part of the data plane that an operation is about; what fails is retried as a whole subject. */
export type Subject = `frontend ${FrontendKey}` | `vip ${Address}`;

export function subjectOf(operation: SingleOperation): Subject {
  if ('frontend' in operation) return `frontend ${operation.frontend.key}`;
  return `vip ${operation.address}`;
}

export function* subjectsOf({ frontends, vips }: KernelKeys): Generator<Subject> {
  for (const key of frontends) yield `frontend ${key}`;
  for (const address of vips) yield `vip ${address}`;
}

function frontendOf(subject: Subject): FrontendKey | undefined {
  return subject.startsWith('frontend ') ? (nameOf(subject) as FrontendKey) : undefined;
}

function keysOf(subjects: Iterable<Subject>): KernelKeySet {
  const keys = new KernelKeySet();
  for (const subject of subjects) {
    const frontend = frontendOf(subject);
    if (frontend !== undefined) keys.frontends.add(frontend);
    else keys.vips.add(nameOf(subject) as Address);
  }
  return keys;
}

function nameOf(subject: Subject): string {
  return subject.slice(subject.indexOf(' ') + 1);
}

/** What a person should know about a refused operation. */
export function failureProblem(failure: Failure, service: ServiceKey | undefined): Problem {
  const { operation, error } = failure;
  return {
    kind: 'kernel',
    subject: service === undefined ? 'Kernel' : `Service ${service}`,
    ...(service === undefined ? {} : { service }),
    cause: `the kernel refuses ${operation.kind} (${error.code})`,
    message: refusalText(failure),
    remedy: remedy(operation, error.code),
  };
}

/** What the kernel refused, with its own words where it gave any. */
export function refusalText({ operation, error }: Failure): string {
  const words = error.message === undefined ? error.code : `${error.code}; kernel: ${error.message}`;
  return `the kernel refused ${operationText(operation)} (${words}).`;
}

/** Services and VIPs that are in the way of a virtual server of another program. */
export function foreignProblems(desired: DesiredDataplane, observed: ObservedDataplane): Problem[] {
  return [...observed.foreign].flatMap((key) => {
    const service = desired.virtualServers.has(key) ? desired.serviceOf(key) : undefined;
    if (service !== undefined) return [foreignProblem(key, service)];
    return isSharedVip(addressOf(key), desired, observed) ? [sharedVipProblem(key)] : [];
  });
}

function isSharedVip(vip: Address, desired: DesiredDataplane, observed: ObservedDataplane): boolean {
  return desired.bound.has(vip) && !observed.policy.guarded.has(vip);
}

function sharedVipProblem(key: FrontendKey): Problem {
  return {
    kind: 'conflict',
    subject: `VIP ${addressOf(key)}`,
    message: `it carries ${key}, a virtual server that this program did not make, so it is neither bound nor guarded here.`,
    remedy: 'Remove that virtual server (ipvsadm -D), or give the Service another address.',
  };
}

function foreignProblem(frontend: FrontendKey, service: ServiceKey): Problem {
  return {
    kind: 'conflict',
    subject: `Service ${service}`,
    service,
    message: `${frontend} is held by a virtual server that this program did not make.`,
    remedy:
      'It is left alone. Remove it (ipvsadm -D) or give the Service another address; it is looked at again.',
  };
}

function remedy(operation: SingleOperation, code: string): string {
  if (code === 'ENOENT' && 'settings' in operation) return schedulerRemedy(operation.settings.scheduler);
  switch (code) {
    case 'EINVAL':
      return 'The kernel takes no such address or setting; correct the object. It is tried again.';
    case 'ENODEV':
      return 'The dummy device is missing; it is made again.';
    default:
      return errnoRemedy(code) ?? 'It is tried again with growing delays.';
  }
}

function schedulerRemedy(scheduler: string): string {
  return `This kernel has no scheduler '${scheduler}': load it (modprobe ip_vs_${scheduler}) or choose another.`;
}
