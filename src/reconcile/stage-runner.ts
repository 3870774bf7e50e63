import type { Kernel } from '../kernel/kernel.js';
import { type Clock, TimeSlice } from '../model/clock.js';
import type { DataplaneState } from '../model/dataplane-state.js';
import type { FrontendKey } from '../model/frontend.js';
import {
  countOf,
  type KernelRefusal,
  kindOf,
  type Operation,
  type OperationKind,
  type Outcome,
  type SingleOperation,
  SKIPPED,
  singly,
} from '../model/operation.js';
import type { PassReport } from '../model/sync-state.js';
import type { Plan } from '../plan/plan.js';
import { thatMayFollow } from '../plan/precondition.js';
import { type Failure, type Subject, subjectOf } from './refusals.js';

/** While the kernel performs one, the other is made or folded in. A third gained nothing and took memory. */
const PLANS_AT_ONCE = 2;

/** Called with the answers of the kernel, in the order of the operations. */
export type Performed = (operations: readonly Operation[], outcomes: readonly Outcome[]) => void;

/** Called when all stages of a plan have been performed, as far as they could be. */
export type PlanEnded = (plan: Plan) => void;

export interface RunResult {
  /** What goes into the record of the pass as it is. */
  readonly counts: Pick<PassReport, 'done' | 'refused' | 'skipped'>;
  readonly failures: ReadonlyMap<Subject, Failure>;
  /** Frontends of which the kernel must be asked again before anything is decided. */
  readonly unsure: ReadonlySet<FrontendKey>;
  /** Policy or addresses are not known any more: only a full look shows them. */
  readonly lost: boolean;
}

/**
 * Performs plans stage by stage and folds each acknowledged operation into the image of the kernel.
 * A refused operation stops what builds on it and nothing else.
 */
export class StageRunner {
  readonly #kernel: Kernel;
  readonly #observed: DataplaneState;
  readonly #performed: Performed;
  readonly #planEnded: PlanEnded;
  readonly #done = new Map<OperationKind, number>();
  readonly #failures = new Map<Subject, Failure>();
  readonly #unsure = new Set<FrontendKey>();
  readonly #unsettled = new Set<FrontendKey>();
  readonly #mistaken = new Set<FrontendKey>();
  #refused = 0;
  #skipped = 0;
  #lost = false;
  readonly #slice: TimeSlice;

  constructor(
    kernel: Kernel,
    observed: DataplaneState,
    performed: Performed = () => undefined,
    planEnded: PlanEnded = () => undefined,
    clock: Pick<Clock, 'now'> = performance,
  ) {
    this.#slice = new TimeSlice(clock);
    this.#kernel = kernel;
    this.#observed = observed;
    this.#performed = performed;
    this.#planEnded = planEnded;
  }

  /** What became of everything so far. */
  get result(): RunResult {
    return {
      counts: { done: this.#done, refused: this.#refused, skipped: this.#skipped },
      failures: this.#failures,
      unsure: this.#unsure,
      lost: this.#lost,
    };
  }

  /**
   * While the kernel performs a stage of one plan, this thread folds in one of another, or makes the next. Rejects when
   * nothing is under way any more.
   */
  async perform(round: Round): Promise<void> {
    const runs = Array.from({ length: PLANS_AT_ONCE }, () => this.#runPlansOf(round));
    const settled = await Promise.allSettled(runs);
    for (const run of settled) if (run.status === 'rejected') throw run.reason;
  }

  async #runPlansOf(round: Round): Promise<void> {
    // Another run has just made the first plan in this turn.
    if (this.#slice.over) await this.#slice.yieldTurn();
    // Where something is thrown the loop ends the round, and nobody begins another plan.
    for (const plan of round) {
      for (const { operations } of plan) await this.#runStage(operations);
      this.#planEnded(plan);
      // Where all is as it should be, the kernel is not asked, and nobody would have had a turn before the last plan.
      if (this.#slice.over) await this.#slice.yieldTurn();
    }
  }

  async #runStage(operations: readonly Operation[]): Promise<void> {
    const tried = this.#thatMayFollow(operations);
    if (tried.length < operations.length) {
      const sent = new Set(tried);
      for (const operation of operations) if (!sent.has(operation)) this.#note(operation, SKIPPED);
    }
    if (tried.length === 0) return;
    await this.#perform(tried);
    await this.#giveBack();
  }

  async #perform(tried: readonly Operation[]): Promise<void> {
    const { operations, outcomes } = await this.#kernel.perform(tried);
    this.#performed(operations, outcomes);
    for (let index = 0; index < operations.length; index++)
      this.#note(operations[index] as Operation, outcomes[index] ?? SKIPPED);
  }

  #thatMayFollow(operations: readonly Operation[]): readonly Operation[] {
    const founded = thatMayFollow(operations, this.#observed);
    if (this.#unsettled.size === 0) return founded;
    return founded.filter((operation) => !this.#isExposed(operation));
  }

  // A frontend whose clients could not be restricted, or would not be masqueraded, stays closed.
  #isExposed(operation: Operation): boolean {
    return operation.kind === 'open-frontend' && this.#unsettled.has(operation.frontend.key);
  }

  #note(operation: Operation, outcome: Outcome): void {
    if (operation.kind === 'enter-set' && outcome.kind !== 'done')
      this.#unsettled.add(operation.frontend.key);
    switch (outcome.kind) {
      case 'done':
        this.#observed.acknowledge(operation);
        this.#countDone(operation);
        return;
      case 'skipped':
        this.#skipped += countOf(operation);
        return;
      default:
        for (const single of singly([operation])) this.#noteRefusal(single, outcome);
    }
  }

  #countDone(operation: Operation): void {
    const kind = kindOf(operation);
    this.#done.set(kind, (this.#done.get(kind) ?? 0) + countOf(operation));
  }

  #noteRefusal(operation: SingleOperation, outcome: Refused): void {
    this.#refused++;
    this.#noteFailure(operation, outcome.error);
    switch (outcome.kind) {
      case 'failed':
        this.#doubt(operation, outcome.error.code);
        return;
      case 'unknown':
        if (isOfVirtualServer(operation)) this.#unsure.add(operation.frontend.key);
        else this.#lost = true;
        return;
    }
  }

  #noteFailure(operation: SingleOperation, error: KernelRefusal): void {
    const subject = subjectOf(operation);
    if (!this.#failures.has(subject)) this.#failures.set(subject, { operation, error });
  }

  // These answers contradict our image of the kernel: another program has changed something.
  #doubt(operation: SingleOperation, code: string): void {
    if (isOfVirtualServer(operation)) {
      const surprising =
        code === 'ESRCH' || code === 'EEXIST' || (code === 'ENOENT' && 'server' in operation);
      if (surprising) this.#unsure.add(operation.frontend.key);
      if (operation.kind === 'add-virtual-server' && code === 'EEXIST')
        this.#refuseOwnership(operation.frontend.key);
    } else if (code === 'ENOENT' || code === 'ENODEV') this.#lost = true;
  }

  // The kernel did not have it when we looked, and a lost answer makes us look before we try again: so it is another
  // program's, and the entry in the ledger is a mistake.
  #refuseOwnership(key: FrontendKey): void {
    this.#observed.foreign.add(key);
    this.#mistaken.add(key);
  }

  async #giveBack(): Promise<void> {
    for (const key of this.#mistaken) {
      this.#mistaken.delete(key);
      const frontend = this.#observed.policy.owned.get(key)?.frontend;
      if (frontend === undefined) continue;
      await this.#perform([{ kind: 'disown-frontend', frontend }]);
    }
  }
}

type Refused = Extract<Outcome, { error: KernelRefusal }>;

type VirtualServerOperation = Extract<
  SingleOperation,
  { kind: `${'add' | 'set' | 'delete'}-${'virtual' | 'real'}-server` }
>;

function isOfVirtualServer(operation: SingleOperation): operation is VirtualServerOperation {
  return operation.kind.endsWith('-virtual-server') || operation.kind.endsWith('-real-server');
}

/**
 * Plans that have nothing in common, so that they may be performed side by side. Each is made when it is asked for,
 * from what the kernel has acknowledged by then, and all of them when the rounds before have ended. It is gone through
 * once, by however many: each plan goes to the first who asks.
 */
export type Round = IterableIterator<Plan>;

/** A round of one plan. */
export function* alone(make: () => Plan): Generator<Plan> {
  yield make();
}
