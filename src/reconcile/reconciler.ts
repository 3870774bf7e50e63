import type { DesiredDataplane } from '../desired/desired-dataplane.js';
import type { Kernel, KernelChange, Preparation } from '../kernel/kernel.js';
import type { Address } from '../model/address.js';
import type { Cidr } from '../model/cidr.js';
import { type Clock, inSlices, KEYS_IN_PIECE, PIECES_PER_LOOK, TimeSlice } from '../model/clock.js';
import type { ClusterSource } from '../model/cluster-source.js';
import type { DataplaneState } from '../model/dataplane-state.js';
import { addAllKeys, KernelKeySet, type KernelKeys } from '../model/kernel-keys.js';
import type { Problem } from '../model/problem.js';
import type { ServiceKey } from '../model/service-key.js';
import type { DrainState, PassReport, UnmetFrontend } from '../model/sync-state.js';
import { type Plan, planStaleMarks } from '../plan/plan.js';
import { DirtyServices } from './dirty-services.js';
import { DrainBook } from './drain-book.js';
import { DriftBook } from './drift.js';
import { FirstPass } from './first-pass.js';
import { KernelCheck } from './kernel-check.js';
import { KernelImage } from './kernel-image.js';
import type { LoopSettings } from './loop-settings.js';
import { PassPlanner, SourceCompleteness } from './pass-planner.js';
import { Refusals } from './refusals.js';
import { SlowStartBook } from './slow-start-book.js';
import { alone, type Performed, type RunResult, StageRunner } from './stage-runner.js';
import { type Predecessor, Takeover } from './takeover.js';
import { unmetFrontends } from './unmet-frontends.js';

/** What one pass took in and did; when it was, only the loop knows. */
type PassRecord = Omit<PassReport, 'milliseconds' | 'lag'>;

interface ReconcilerParts {
  readonly source: ClusterSource;
  readonly desired: DesiredDataplane;
  readonly kernel: Kernel;
  readonly clock: Clock;
  readonly settings: LoopSettings;
  /** The kernel was made ready, at the start or anew. */
  readonly prepared: (preparation: Preparation) => void;
  readonly performed?: Performed | undefined;
  /** Servers drain on these Nodes, where no endpoint serves any more: called once a second while any server drains. */
  readonly drainingOn?: ((nodes: ReadonlySet<string>) => void) | undefined;
  /** The proxy to take over from; absent: what others left is foreign. */
  readonly predecessor?: Predecessor | undefined;
  /** Virtual servers on these addresses are never taken over. */
  readonly excluded?: readonly Cidr[];
}

/**
 * Sequence: what a pass consists of, without knowing when. It looks again where the image of the kernel is in doubt,
 * works out the Services that changed, plans the keys they touch, performs the plan and folds the answers in.
 */
export class Reconciler {
  readonly #parts: ReconcilerParts;
  readonly #completeness = new SourceCompleteness();
  readonly #takeover: Takeover;
  readonly #image: KernelImage;
  readonly #drains: DrainBook;
  readonly #slowStarts: SlowStartBook;
  readonly #drift = new DriftBook();
  readonly #refusals: Refusals;
  readonly #dirty: DirtyServices;
  readonly #check: KernelCheck;
  readonly #planner: PassPlanner;
  readonly #firstPass: FirstPass;
  #pending = new KernelKeySet();
  /** What the pass that is running has taken on; its writes may not be acknowledged yet. */
  #planned = new KernelKeySet();
  /** How much the pass that is running has taken on and not yet settled. */
  #underWay = 0;

  constructor(parts: ReconcilerParts) {
    const { source, clock, settings, desired } = parts;
    this.#parts = parts;
    this.#dirty = new DirtyServices(source, desired, clock);
    this.#takeover = new Takeover(parts.predecessor, desired, this.#completeness, parts.excluded);
    this.#image = new KernelImage(this.#takeover.inherits);
    this.#drains = new DrainBook(clock, desired, settings.drainDeadline);
    this.#slowStarts = new SlowStartBook(clock, desired, settings.growthInterval);
    this.#refusals = new Refusals(desired, clock, settings.backOff);
    const own = {
      image: this.#image,
      drains: this.#drains,
      slowStarts: this.#slowStarts,
      completeness: this.#completeness,
      takeover: this.#takeover,
      dirty: this.#dirty,
    };
    this.#check = new KernelCheck({ ...parts, ...own, drift: this.#drift, refusals: this.#refusals });
    this.#planner = new PassPlanner({ desired, clock, ...own });
    const { servicesAtOnce } = settings;
    this.#firstPass = new FirstPass({
      source,
      desired,
      clock,
      servicesAtOnce,
      planner: this.#planner,
      ...own,
    });
  }

  get observed(): DataplaneState {
    return this.#image.state;
  }

  get synced(): boolean {
    const waiting =
      this.#dirty.size + this.#pending.size + this.#check.size + this.#refusals.size + this.#underWay;
    return this.#parts.source.complete && this.#image.known && waiting === 0 && !this.#takeover.underWay;
  }

  changed(services: Iterable<ServiceKey>): void {
    this.#dirty.add(services);
  }

  /** Not the Services themselves have changed, but the node or an address that nodes need. */
  nodeChanged(services: Iterable<ServiceKey>): void {
    this.#dirty.addAtOnce(services);
  }

  noticed(change: KernelChange): void {
    this.#check.noticed(change);
  }

  /** What has to be made because of this is no drift. */
  prepareAgain(): void {
    this.#check.prepareAgain();
  }

  /** Nothing of ours may stay at these addresses any longer, whichever Service it is of. */
  leave(addresses: Iterable<Address>): void {
    this.#pending.add(this.#image.keysAt(addresses));
  }

  /** Nothing on this Node answers any more, as far as it still has no endpoint that serves. */
  nodeLost(node: string): void {
    this.#check.nodeLost(node);
  }

  problems(): Problem[] {
    return this.#refusals.problems(this.#image.state);
  }

  unmetFrontends(): Generator<void, UnmetFrontend[]> {
    return unmetFrontends({
      desired: this.#parts.desired,
      observed: this.#image.state,
      refusals: this.#refusals,
      waiting: [this.#pending, this.#planned],
      isDirty: (service) => this.#dirty.has(service),
    });
  }

  /** Milliseconds, of Services that ask for none of their own; drains under way included. */
  setDrainDeadline(deadline: number): void {
    this.#drains.deadline = deadline;
  }

  drains(): DrainState[] {
    return this.#drains.list();
  }

  /** Milliseconds in which everything is compared once. */
  get auditRound(): number {
    return this.#check.auditRound;
  }

  /** Milliseconds until there is something to do without any event; undefined before the first look. */
  wait(): number | undefined {
    const retry = this.#refusals.wait();
    // The answer that took our knowledge away was also a refusal, and its retry begins with a full look.
    if (!this.#image.known) return retry;
    const waits = [this.#dirty.wait(), this.#check.wait(), this.#slowStarts.wait(), retry];
    return Math.max(0, Math.min(...waits.filter((wait) => wait !== undefined)));
  }

  /** One pass. Rejects where the kernel could not be looked at; the next pass then begins with a full look. */
  async pass(): Promise<PassRecord> {
    const { clock } = this.#parts;
    const began = clock.now();
    try {
      return await this.#pass();
    } catch (error) {
      this.#image.forget();
      throw error;
    } finally {
      this.#dirty.passed(clock.now() - began);
      this.#underWay = 0;
      this.#planned = new KernelKeySet();
    }
  }

  async #pass(): Promise<PassRecord> {
    const { kernel, source, performed, desired, clock } = this.#parts;
    this.#completeness.note(source);
    this.#underWay = this.#dirty.size + this.#pending.size;
    await this.#check.run(this.#pending);
    await this.#releaseRemovals();
    const share = (plan: Plan) => this.#image.shareProgrammed(plan, desired);
    const run = new StageRunner(kernel, this.#image.state, performed, share, clock);
    await this.#removeStaleMarks(run);
    await this.#firstPass.perform(run, this.#pending, this.#planned);
    await this.#takeIn();
    for (const round of await this.#planner.rounds(this.#takePending())) await run.perform(round);
    return this.#conclude(run.result);
  }

  // Everything that was kept only because the source was not complete is judged now.
  async #releaseRemovals(): Promise<void> {
    const slice = this.#newSlice();
    if (this.#completeness.hasJustCompleted)
      for (const plane of [this.#parts.desired, this.#image.state])
        await inSlices(addAllKeys(plane, this.#pending), slice);
    this.#completeness.settle();
  }

  #newSlice(): TimeSlice {
    return new TimeSlice(this.#parts.clock, PIECES_PER_LOOK);
  }

  async #removeStaleMarks(run: StageRunner): Promise<void> {
    const views = this.#check.takeStaleMarks();
    if (views.size > 0) await run.perform(alone(() => planStaleMarks(views, this.#image.state)));
  }

  async #takeIn(): Promise<void> {
    await this.#dirty.takeIn(this.#pending, this.#completeness.complete);
    this.#pending.add(await inSlices(this.#image.identify(this.#parts.desired), this.#newSlice()));
  }

  // What is still in doubt waits: a plan over a guess could remove a server that is needed.
  #takePending(): KernelKeySet {
    const keys = this.#pending;
    this.#pending = new KernelKeySet();
    this.#refusals.postpone(this.#image.takeDoubtful(keys));
    // Without a copy of them where they are all.
    this.#planned = this.#planned.size === 0 ? keys : this.#planned.add(keys);
    this.#underWay = this.#planned.size;
    return keys;
  }

  *#settle(keys: KernelKeys, failures: RunResult['failures']): Generator<void, void> {
    const { desired } = this.#parts;
    const { state } = this.#image;
    yield* this.#refusals.settle(keys, failures, state);
    let count = 0;
    for (const key of keys.frontends) {
      this.#drains.refresh(key, desired, state);
      if (++count % KEYS_IN_PIECE === 0) yield;
    }
  }

  async #conclude({ counts, failures, unsure, lost }: RunResult): Promise<PassRecord> {
    const { desired, prepared } = this.#parts;
    const keys = this.#planned;
    if (this.#completeness.complete) {
      this.#image.settleLostLedger();
      this.#image.endSharing();
    }
    const slice = this.#newSlice();
    await inSlices(this.#settle(keys, failures), slice);
    await inSlices(desired.releaseMarks(keys.frontends, this.#image.state), slice);
    const drift = await inSlices(this.#drift.settle(keys, failures), slice);
    this.#image.doubt(unsure, desired);
    if (lost) this.#image.forget();
    else this.#takeover.finish(this.#image.state, prepared);
    return {
      ...counts,
      ...drift,
      services: this.#dirty.takeCount(),
      drainsEnded: this.#drains.takeEnded(),
      auditMilliseconds: this.#check.takeAuditMilliseconds(),
    };
  }
}
