import type { DesiredDataplane } from '../desired/desired-dataplane.js';
import type { Address } from '../model/address.js';
import type { Clock } from '../model/clock.js';
import type { DataplaneState } from '../model/dataplane-state.js';
import type { FrontendKey } from '../model/frontend.js';
import type { KernelKeys } from '../model/kernel-keys.js';
import type { Problem } from '../model/problem.js';
import { failureProblem, foreignProblems } from './failure-text.js';
import { type BackOff, RetrySchedule } from './retry-schedule.js';
import type { Failure } from './stage-runner.js';
import { frontendOf, keysOf, type Subject, subjectsOf } from './subject.js';

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

  /** Takes in what became of the keys that a pass planned. */
  settle(keys: KernelKeys, failures: ReadonlyMap<Subject, Failure>, observed: DataplaneState): void {
    const wasQuiet = this.#failures.size === 0 && this.#retries.size === 0;
    if (wasQuiet && failures.size === 0 && observed.foreign.size === 0) return;
    for (const subject of subjectsOf(keys)) {
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
    // What another program holds is told as that, not as the refusal by which it was found out.
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
