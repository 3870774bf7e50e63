import type { DesiredDataplane } from '../desired/desired-dataplane.js';
import type { Kernel, Preparation } from '../kernel/kernel.js';
import type { Cidr } from '../model/cidr.js';
import type { Clock } from '../model/clock.js';
import type { ClusterFacts } from '../model/cluster-facts.js';
import type { ClusterListener, ClusterSource } from '../model/cluster-source.js';
import type { ObservedDataplane } from '../model/dataplane.js';
import type { Operation, Outcome } from '../model/operation.js';
import type { Problem } from '../model/problem.js';
import type { ProblemBoard } from '../model/problem-board.js';
import type { ServiceKey } from '../model/service-key.js';
import type { PassReport, SyncState, SyncTotals, UnmetFrontend } from '../model/sync-state.js';
import type { LoopSettings } from './loop-settings.js';
import { Reconciler } from './reconciler.js';
import type { Predecessor } from './takeover.js';
import { RetrySchedule } from './timing.js';
import { withheldFrontends } from './unmet-frontends.js';

interface LoopParts {
  readonly source: ClusterSource;
  readonly desired: DesiredDataplane;
  readonly kernel: Kernel;
  readonly clock: Clock;
  readonly settings: LoopSettings;
  readonly listener: LoopListener;
  /**
   * What the source cannot read, what Services contradict each other in and what the kernel refuses is written here.
   */
  readonly problems: ProblemBoard;
  /** The proxy to take over from; absent: what others left is foreign. */
  readonly predecessor?: Predecessor | undefined;
  /** Virtual servers on these addresses are never taken over. */
  readonly excluded?: readonly Cidr[];
}

export interface LoopListener {
  /** The kernel was made ready, at the start or because something of it had been removed. */
  prepared(preparation: Preparation): void;
  /** Servers drain on these Nodes, where no endpoint serves any more: `nodeLost` says whether they are lost. */
  drainingOn?(nodes: ReadonlySet<string>): void;
  /** The kernel has answered to writes of the pass that is running, in the order of the operations. */
  performed?(operations: readonly Operation[], outcomes: readonly Outcome[]): void;
  passed(report: PassReport): void;
  /** A pass could not be made at all; it is tried again. */
  passFailed(error: unknown): void;
}

/**
 * Time: one pass at a time, and what arrives meanwhile waits for the next. Everything that is not as desired comes
 * again by itself: refused operations with growing delays, draining servers once a second, all else by the audit.
 */
export class ReconcileLoop implements ClusterListener {
  readonly #parts: LoopParts;
  readonly #reconciler: Reconciler;
  readonly #tally = new PassTally();
  readonly #retry: RetrySchedule<'pass'>;
  #oldestChange: number | undefined;
  #running: Promise<void> | undefined;
  #again = false;
  #begun = false;
  #stopped = false;
  #cancelTimer: () => void = () => undefined;
  #endGathering: () => void = () => undefined;
  /** When the last pass ended. */
  #lastPass: number | undefined;

  constructor(parts: LoopParts) {
    this.#parts = parts;
    this.#retry = new RetrySchedule(parts.clock, parts.settings.backOff);
    this.#reconciler = new Reconciler({
      ...parts,
      prepared: (preparation) => parts.listener.prepared(preparation),
      performed: (operations, outcomes) => parts.listener.performed?.(operations, outcomes),
      drainingOn: (nodes) => parts.listener.drainingOn?.(nodes),
    });
    parts.kernel.watch((change) => {
      this.#reconciler.noticed(change);
      this.wake();
    });
  }

  changed(services: Iterable<ServiceKey>): void {
    this.#reconciler.changed(services);
    this.#wakeForChange();
  }

  /** The cluster says something else beside its Services. Nothing of ours may stay at addresses reserved by it. */
  factsChanged(facts: ClusterFacts): void {
    const { desired } = this.#parts;
    this.#reconciler.nodeChanged(desired.setFacts(facts));
    this.#reconciler.leave(desired.reserved);
    this.#wakeForChange();
  }

  problemsFound(problems: readonly Problem[]): void {
    this.#parts.problems.set('cluster', problems);
  }

  /** From now on passes are made: the source has sent what it could. Until it is complete nothing is removed. */
  begin(): void {
    this.#begun = true;
    this.wake();
  }

  /** `deadline`: milliseconds, as in the settings; it counts for drains under way too. */
  setDrainDeadline(deadline: number): void {
    this.#reconciler.setDrainDeadline(deadline);
  }

  /** Nothing on this Node answers any more: what drains there is not waited for. */
  nodeLost(node: string): void {
    this.#reconciler.nodeLost(node);
    this.wake();
  }

  #wakeForChange(): void {
    this.#oldestChange ??= this.#parts.clock.now();
    this.wake();
  }

  /** Makes a pass as soon as none is running. */
  wake(): void {
    this.#again = true;
    if (!this.#begun || this.#stopped || this.#running !== undefined) return;
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /** The kernel has to be made ready anew, since what its rules depend on has changed. */
  prepareAgain(): void {
    this.#reconciler.prepareAgain();
    this.wake();
  }

  /** Resolves when no pass is running and none is due at once. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  /** Lets the pass that is running end, and begins no other. Everything programmed stays. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTimer();
    this.#endGathering();
    await this.idle();
  }

  /** What the kernel has acknowledged: for counting and showing, never for deciding. */
  get observed(): ObservedDataplane {
    return this.#reconciler.observed;
  }

  state(): SyncState {
    const { source, desired } = this.#parts;
    return {
      complete: source.complete,
      synced: this.#reconciler.synced,
      services: source.view.serviceCount,
      problems: this.#parts.problems.shortList,
      drains: this.#reconciler.drains(),
      withheld: withheldFrontends(desired, source.view, this.#reconciler.observed),
      auditRound: this.#reconciler.auditRound,
      totals: this.#tally.totals,
      lastPass: this.#tally.last,
    };
  }

  /** Frontends that are not as their Services want them; it walks over all there are, in pieces. */
  unmetFrontends(): Generator<void, UnmetFrontend[]> {
    return this.#reconciler.unmetFrontends();
  }

  async #run(): Promise<void> {
    this.#cancelTimer();
    while (this.#again && !this.#stopped) {
      await this.#gather();
      this.#again = false;
      if (!this.#stopped) await this.#pass();
    }
    if (!this.#stopped) this.#setTimer();
  }

  // One turn of the event loop gathers the changes that arrive together into one pass; more, where a gather time is
  // set.
  async #gather(): Promise<void> {
    const { clock, settings } = this.#parts;
    const wait = (this.#lastPass ?? Number.NEGATIVE_INFINITY) + settings.gatherTime - clock.now();
    await new Promise<void>((resolve) => {
      if (wait > 0) this.#cancelTimer = clock.after(wait, resolve);
      else setImmediate(resolve);
      this.#endGathering = resolve;
    });
  }

  async #pass(): Promise<void> {
    const { clock, listener } = this.#parts;
    const began = clock.now();
    const oldestChange = this.#oldestChange;
    this.#oldestChange = undefined;
    try {
      const record = await this.#reconciler.pass();
      this.#retry.succeeded('pass');
      this.#writeProblems();
      const ended = clock.now();
      this.#lastPass = ended;
      const lag = oldestChange === undefined ? undefined : ended - oldestChange;
      const report = { ...record, milliseconds: ended - began, lag };
      this.#tally.add(report);
      listener.passed(report);
    } catch (error) {
      this.#retry.failed('pass');
      this.#writeProblems();
      listener.passFailed(error);
    }
  }

  #writeProblems(): void {
    const { problems, desired } = this.#parts;
    problems.set('desired', desired.problems);
    problems.set('kernel', this.#reconciler.problems());
  }

  #setTimer(): void {
    const wait = this.#retry.wait() ?? this.#reconciler.wait();
    if (wait !== undefined) this.#cancelTimer = this.#parts.clock.after(wait, () => this.wake());
  }
}

/** Sums up the passes since the start. */
class PassTally {
  #totals: SyncTotals = { passes: 0, operations: 0, refused: 0, drift: 0 };
  #last: PassReport | undefined;

  get totals(): SyncTotals {
    return this.#totals;
  }

  get last(): PassReport | undefined {
    return this.#last;
  }

  add(report: PassReport): void {
    const { passes, operations, refused, drift } = this.#totals;
    const done = [...report.done.values()].reduce((sum, count) => sum + count, 0);
    this.#totals = {
      passes: passes + 1,
      operations: operations + done,
      refused: refused + report.refused,
      drift: drift + report.drift,
    };
    this.#last = report;
  }
}
