import type { DesiredDataplane } from '../desired/desired-dataplane.js';
import type { Kernel, KernelChange, Preparation } from '../kernel/kernel.js';
import type { Address } from '../model/address.js';
import type { Cidr } from '../model/cidr.js';
import type { Clock } from '../model/clock.js';
import type { ClusterSource } from '../model/cluster-source.js';
import type { DataplaneState } from '../model/dataplane-state.js';
import type { FrontendKey } from '../model/frontend.js';
import { allKeys, KernelKeySet } from '../model/kernel-keys.js';
import type { Problem } from '../model/problem.js';
import type { ServiceKey } from '../model/service-key.js';
import type { DrainState, PassReport, UnmetFrontend } from '../model/sync-state.js';
import { planStaleMarks } from '../plan/plan.js';
import { DirtyServices } from './dirty-services.js';
import { DrainBook, DrainCounter, DrainDeadlines } from './drain-book.js';
import { Auditor, DriftBook, SetUp } from './drift.js';
import { FirstPass } from './first-pass.js';
import { KernelImage } from './kernel-image.js';
import type { LoopSettings } from './loop-settings.js';
import { PassPlanner, SourceCompleteness } from './pass-planner.js';
import { Refusals } from './refusals.js';
import { SlowStartBook } from './slow-start-book.js';
import { alone, type Performed, StageRunner } from './stage-runner.js';
import { type Predecessor, Takeover } from './takeover.js';
import { Interval } from './timing.js';
import { unmetFrontends } from './unmet-frontends.js';

/** Milliseconds; the audit makes passes more often than that, so that no timer is needed. */
const SURROUNDINGS_PERIOD = 60_000;

/** What one pass took in and did; when it was, only the loop knows. */
export type PassRecord = Omit<PassReport, 'milliseconds' | 'lag'>;

export interface ReconcilerParts {
  readonly source: ClusterSource;
  readonly desired: DesiredDataplane;
  readonly kernel: Kernel;
  readonly clock: Clock;
  readonly settings: LoopSettings;
  /** The kernel was made ready, at the start or anew. */
  readonly prepared: (preparation: Preparation) => void;
  readonly performed?: Performed | undefined;
  /** Servers drain on these Nodes, where no endpoint serves any more: told once a second while any server drains. */
  readonly drainingOn?: ((nodes: ReadonlySet<string>) => void) | undefined;
  /** The proxy to take over from; absent: what others left is foreign. */
  readonly predecessor?: Predecessor | undefined;
  /** Virtual servers on these addresses are never taken over. */
  readonly excluded?: readonly Cidr[];
}

/**
 * Sequence: what a pass consists of, without knowing when. It looks again where the image of the kernel is in doubt, works
 * out the Services that changed, plans the keys they touch, performs the plan and folds the answers in.
 */
export class Reconciler {
  readonly #parts: ReconcilerParts;
  readonly #completeness = new SourceCompleteness();
  readonly #takeover: Takeover;
  readonly #image: KernelImage;
  readonly #deadlines: DrainDeadlines;
  readonly #drains: DrainBook;
  readonly #drainCounter: DrainCounter;
  readonly #slowStarts: SlowStartBook;
  readonly #drift = new DriftBook();
  readonly #setUp: SetUp;
  readonly #refusals: Refusals;
  readonly #auditor: Auditor;
  readonly #planner: PassPlanner;
  readonly #firstPass: FirstPass;
  readonly #dirty: DirtyServices;
  readonly #notices: KernelChange[] = [];
  /** Nodes that were reported lost since the last pass. */
  readonly #lostNodes = new Set<string>();
  /** Of what was read last: nobody tells of another gateway or resolver. */
  readonly #surroundingsAge: Interval;
  #pending = new KernelKeySet();
  /** Views that the last full look found with a firewall mark that cannot stay. */
  #staleMarks: ReadonlySet<FrontendKey> = new Set();
  /** What the pass that is running has taken on; its writes may not be acknowledged yet. */
  #planned = new KernelKeySet();
  /** How much the pass that is running has taken on and not yet settled. */
  #underWay = 0;

  constructor(parts: ReconcilerParts) {
    const { source, clock, settings, kernel, desired } = parts;
    this.#parts = parts;
    this.#surroundingsAge = new Interval(clock, SURROUNDINGS_PERIOD);
    this.#dirty = new DirtyServices(source, desired, clock, settings.servicesAtOnce);
    this.#takeover = new Takeover(parts.predecessor, desired, this.#completeness, parts.excluded);
    this.#image = new KernelImage(this.#takeover.inherits);
    this.#deadlines = new DrainDeadlines(desired, settings.drainDeadline);
    this.#drains = new DrainBook(clock, this.#deadlines);
    this.#drainCounter = new DrainCounter(kernel, this.#image, this.#drains, clock, settings.drainInterval);
    this.#slowStarts = new SlowStartBook(clock, desired, settings.growthInterval);
    this.#refusals = new Refusals(desired, clock, settings.backOff);
    this.#setUp = new SetUp(kernel, this.#drift, parts.prepared);
    this.#auditor = new Auditor(kernel, this.#image, this.#setUp, clock, settings);
    this.#planner = new PassPlanner({
      desired,
      image: this.#image,
      drains: this.#drains,
      slowStarts: this.#slowStarts,
      completeness: this.#completeness,
      takeover: this.#takeover,
    });
    this.#firstPass = new FirstPass({
      desired,
      image: this.#image,
      takeover: this.#takeover,
      dirty: this.#dirty,
      planner: this.#planner,
    });
  }

  get observed(): DataplaneState {
    return this.#image.state;
  }

  get synced(): boolean {
    const waiting =
      this.#dirty.size + this.#pending.size + this.#notices.length + this.#refusals.size + this.#underWay;
    return this.#parts.source.complete && this.#image.known && waiting === 0 && !this.#takeover.underWay;
  }

  changed(services: Iterable<ServiceKey>): void {
    this.#dirty.add(services);
  }

  /** Not the Services themselves have changed, but the node or an address that nodes need. */
  surroundingsChanged(services: Iterable<ServiceKey>): void {
    this.#dirty.addAtOnce(services);
  }

  noticed(change: KernelChange): void {
    this.#notices.push(change);
  }

  /** What has to be made because of this is no drift. */
  prepareAgain(): void {
    this.#setUp.outdate();
    this.noticed({ kind: 'overrun' });
  }

  /** Nothing of ours may stay at these addresses any longer, whichever Service it is of. */
  leave(addresses: Iterable<Address>): void {
    for (const address of addresses) {
      this.#pending.vips.add(address);
      for (const key of this.#image.state.frontendsAt(address)) this.#pending.frontends.add(key);
    }
  }

  /** Nothing on this Node answers any more, as far as it still has no endpoint that serves. */
  nodeLost(node: string): void {
    this.#lostNodes.add(node);
  }

  problems(): Problem[] {
    return this.#refusals.problems(this.#image.state);
  }

  unmetFrontends(): UnmetFrontend[] {
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
    this.#deadlines.standard = deadline;
  }

  drains(): DrainState[] {
    return this.#drains.list();
  }

  /** Milliseconds in which everything is compared once. */
  get auditRound(): number {
    return this.#auditor.roundTime;
  }

  /** Milliseconds until there is something to do without any event; undefined before the first look. */
  wait(): number | undefined {
    const retry = this.#refusals.wait();
    // The answer that took our knowledge away was also a refusal, and its retry begins with a full look.
    if (!this.#image.known) return retry;
    const waits = [
      this.#dirty.wait(),
      this.#auditor.wait(),
      this.#drainCounter.wait(),
      this.#slowStarts.wait(),
      retry,
    ];
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
    const { kernel, desired, source } = this.#parts;
    this.#completeness.note(source);
    this.#underWay = this.#dirty.size + this.#pending.size;
    await this.#lookAgain();
    this.#releaseRemovals();
    const run = new StageRunner(kernel, this.#image.state, this.#parts.performed);
    await this.#removeStaleMarks(run);
    const keys = this.#planned;
    if (this.#firstPass.isDue) await this.#firstPass.perform(run, this.#pending, keys);
    await this.#dirty.takeIn(this.#pending, this.#completeness.complete);
    this.#pending.add(this.#image.identify(desired));
    const services = this.#dirty.takeCount();
    const rest = this.#takePending();
    keys.add(rest);
    this.#underWay = keys.size;
    for (const round of this.#planner.rounds(rest)) await run.perform(round);
    const { result } = run;
    if (this.#completeness.complete) this.#image.settleLostLedger();
    this.#refusals.settle(keys, result.failures, this.#image.state);
    for (const key of keys.frontends) this.#drains.refresh(key, desired, this.#image.state);
    desired.releaseMarks(keys.frontends, this.#image.state);
    this.#image.doubt(result.unsure, desired);
    if (result.lost) this.#image.forget();
    else this.#takeover.finish(this.#image.state, this.#parts.prepared);
    return {
      ...result.counts,
      ...this.#drift.settle(keys, result.failures),
      services,
      drainsEnded: this.#drains.takeEnded(),
      auditMilliseconds: this.#auditor.takeMilliseconds(),
    };
  }

  async #removeStaleMarks(run: StageRunner): Promise<void> {
    const views = this.#staleMarks;
    if (views.size === 0) return;
    this.#staleMarks = new Set();
    await run.perform(alone(() => planStaleMarks(views, this.#image.state)));
  }

  async #lookAgain(): Promise<void> {
    const { kernel, desired } = this.#parts;
    // Only now it is known what of the predecessor's nothing wants.
    if (this.#takeover.underWay && this.#completeness.hasJustCompleted) this.#image.forget();
    const notices = this.#notices.splice(0);
    if (notices.some(({ kind }) => kind === 'node-addresses') || this.#surroundingsAge.isOver)
      this.#takeInNodeAddresses();
    for (const change of notices)
      if (change.kind !== 'node-addresses') this.#drifted(this.#image.correctByNotice(change));
    if (!this.#image.known) {
      await this.#lookAtAll();
      return;
    }
    this.#pending.add(this.#refusals.due());
    this.#image.doubtForeign(this.#pending, desired);
    this.#pending.add(await this.#image.settleDoubts(kernel));
    this.#reconsider(this.#slowStarts.due());
    this.#endDrainsOnLostNodes();
    if (this.#drainCounter.isDue) await this.#countDrains();
    if (this.#auditor.isDue) this.#drifted(await this.#auditor.audit());
    // What it found may be more than a comparison by key can put right.
    if (!this.#image.known) await this.#lookAtAll();
  }

  // The Node may be back since it was reported lost.
  #endDrainsOnLostNodes(): void {
    if (this.#lostNodes.size === 0) return;
    const { view } = this.#parts.source;
    const lost = new Set(this.#lostNodes);
    this.#lostNodes.clear();
    this.#reconsider(this.#drains.endWhere((address) => lost.has(view.stoppedNodeOf(address) ?? '')));
  }

  async #countDrains(): Promise<void> {
    const { source, drainingOn } = this.#parts;
    this.#reconsider(await this.#drainCounter.count());
    if (drainingOn === undefined) return;
    const nodes = [...this.#drains.addresses].flatMap((address) => source.view.stoppedNodeOf(address) ?? []);
    drainingOn(new Set(nodes));
  }

  // NodePorts are shown on them, and a VIP that is one of them must not be bound; nor one that the node needs otherwise.
  #takeInNodeAddresses(): void {
    const { desired, kernel } = this.#parts;
    this.#surroundingsAge.begin();
    this.surroundingsChanged(desired.setNodeAddresses(kernel.nodeAddresses()));
    this.surroundingsChanged(desired.setReserved('node', kernel.reservedAddresses()));
    this.leave(desired.reserved);
  }

  async #lookAtAll(): Promise<void> {
    const { kernel, desired } = this.#parts;
    await this.#setUp.make();
    desired.setMarkKey(await kernel.markKey());
    this.#takeInNodeAddresses();
    // Before the look: what of the predecessor's is ours depends on what is wanted.
    if (!this.#firstPass.isDue) await this.#dirty.takeIn(this.#pending);
    await this.#image.lookAtAll(kernel);
    this.#staleMarks = desired.keepMarks(this.#image.state);
    this.#reconsiderAll();
    // What drained may have been removed by others without a trace.
    this.#reconsider(this.#drains.frontends);
  }

  // Everything that was kept only because the source was not complete is judged now.
  #releaseRemovals(): void {
    if (this.#completeness.hasJustCompleted) this.#reconsiderAll();
    this.#completeness.settle();
  }

  // What is still in doubt waits: a plan over a guess could remove a server that is needed.
  #takePending(): KernelKeySet {
    const keys = this.#pending;
    this.#pending = new KernelKeySet();
    this.#refusals.postpone(this.#image.takeDoubtful(keys));
    return keys;
  }

  #reconsiderAll(): void {
    allKeys(this.#image.state, allKeys(this.#parts.desired, this.#pending));
  }

  #reconsider(frontends: readonly FrontendKey[]): void {
    for (const key of frontends) this.#pending.frontends.add(key);
  }

  #drifted(keys: KernelKeySet): void {
    this.#drift.found(keys);
    this.#pending.add(keys);
  }
}
