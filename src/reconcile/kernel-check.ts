import type { DesiredDataplane } from '../desired/desired-dataplane.js';
import type { Kernel, KernelChange, Preparation } from '../kernel/kernel.js';
import { type Clock, inSlices, PIECES_PER_LOOK, STEPS_PER_LOOK, TimeSlice } from '../model/clock.js';
import type { ClusterSource } from '../model/cluster-source.js';
import type { FrontendKey } from '../model/frontend.js';
import { addAllKeys, type KernelKeySet } from '../model/kernel-keys.js';
import { Auditor } from './auditor.js';
import type { DirtyServices } from './dirty-services.js';
import { type DrainBook, DrainCounter } from './drain-book.js';
import { type DriftBook, SetUp } from './drift.js';
import type { KernelImage } from './kernel-image.js';
import type { LoopSettings } from './loop-settings.js';
import type { SourceCompleteness } from './pass-planner.js';
import type { Refusals } from './refusals.js';
import type { SlowStartBook } from './slow-start-book.js';
import type { Takeover } from './takeover.js';
import { Interval } from './timing.js';

/** Milliseconds; the audit makes passes more often than that, so that no timer is needed. */
const NODE_ADDRESSES_PERIOD = 60_000;

interface CheckParts {
  readonly source: ClusterSource;
  readonly desired: DesiredDataplane;
  readonly kernel: Kernel;
  readonly clock: Clock;
  readonly settings: LoopSettings;
  readonly prepared: (preparation: Preparation) => void;
  readonly drainingOn?: ((nodes: ReadonlySet<string>) => void) | undefined;
  readonly image: KernelImage;
  readonly completeness: SourceCompleteness;
  readonly takeover: Takeover;
  readonly dirty: DirtyServices;
  readonly drains: DrainBook;
  readonly drift: DriftBook;
  readonly refusals: Refusals;
  readonly slowStarts: SlowStartBook;
}

/**
 * What a pass begins with: the kernel is looked at wherever our image of it may be wrong, and what is due by time is
 * compared too: retries, drains, weights that grow, the audit. Each answers with keys, which are added to those that
 * wait for the planner.
 */
export class KernelCheck {
  readonly #parts: CheckParts;
  readonly #setUp: SetUp;
  readonly #auditor: Auditor;
  readonly #drainCounter: DrainCounter;
  readonly #notices: KernelChange[] = [];
  /** Nodes that were reported lost since the last pass. */
  readonly #lostNodes = new Set<string>();
  /** Since they were read last: nothing notifies us of another gateway or resolver. */
  readonly #nodeAddressesAge: Interval;
  /**
   * Since it was looked up on what processes of the node listen: nothing notifies us of that either. Undefined before
   * any Service asks for it.
   */
  #listenersAge: Interval | undefined;
  /** Views that the last full look found with a firewall mark that cannot stay. */
  #staleMarks: ReadonlySet<FrontendKey> = new Set();

  constructor(parts: CheckParts) {
    const { kernel, image, clock, settings, drains, drift } = parts;
    this.#parts = parts;
    this.#nodeAddressesAge = new Interval(clock, NODE_ADDRESSES_PERIOD);
    this.#setUp = new SetUp(kernel, drift, parts.prepared);
    this.#auditor = new Auditor(kernel, image, this.#setUp, clock, settings);
    this.#drainCounter = new DrainCounter(kernel, image, drains, clock, settings.drainInterval);
  }

  /** How many notifications of the kernel wait for the next pass. */
  get size(): number {
    return this.#notices.length;
  }

  noticed(change: KernelChange): void {
    this.#notices.push(change);
  }

  /** What has to be made because of this is no drift. */
  prepareAgain(): void {
    this.#setUp.outdate();
    this.noticed({ kind: 'overrun' });
  }

  /** Nothing on this Node answers any more, as far as it still has no endpoint that serves. */
  nodeLost(node: string): void {
    this.#lostNodes.add(node);
  }

  /** Milliseconds in which everything is compared once. */
  get auditRound(): number {
    return this.#auditor.roundTime;
  }

  /** What the audit took since the last time; undefined where there was none. */
  takeAuditMilliseconds(): number | undefined {
    return this.#auditor.takeMilliseconds();
  }

  /** Those found since the last time. */
  takeStaleMarks(): ReadonlySet<FrontendKey> {
    const views = this.#staleMarks;
    this.#staleMarks = new Set();
    return views;
  }

  /** Milliseconds until the next audit, count of connections or look at listeners is due. */
  wait(): number {
    const never = Number.POSITIVE_INFINITY;
    const listeners = this.#parts.source.view.hasNodeLocal ? (this.#listenersAge?.wait() ?? 0) : never;
    return Math.min(this.#auditor.wait(), this.#drainCounter.wait() ?? never, listeners);
  }

  async run(pending: KernelKeySet): Promise<void> {
    const { image, takeover, completeness } = this.#parts;
    // Only now it is known what of the predecessor's nothing wants.
    if (takeover.underWay && completeness.hasJustCompleted) image.forget();
    await this.#takeInNotices(pending);
    if (image.known) await this.#lookAtWhatIsDue(pending);
    // What was found may be more than a comparison by key can put right.
    if (!image.known) await this.#lookAtAll(pending);
  }

  async #takeInNotices(pending: KernelKeySet): Promise<void> {
    const notices = this.#notices.splice(0);
    if (notices.some(({ kind }) => kind === 'node-addresses') || this.#nodeAddressesAge.isOver)
      await this.#takeInNodeAddresses(pending);
    for (const change of notices)
      if (change.kind !== 'node-addresses')
        await this.#drifted(this.#parts.image.correctByNotice(change), pending);
  }

  async #lookAtWhatIsDue(pending: KernelKeySet): Promise<void> {
    const { source, kernel, desired, image, refusals, slowStarts } = this.#parts;
    pending.add(refusals.due());
    image.doubtForeign(pending, desired);
    pending.add(await image.settleDoubts(kernel));
    addFrontends(pending, slowStarts.due());
    this.#endDrainsOnLostNodes(pending);
    if (source.view.hasNodeLocal && this.#listenersAge?.isOver !== false) this.#takeInListeners();
    if (this.#drainCounter.isDue) await this.#countDrains(pending);
    if (this.#auditor.isDue) await this.#drifted(await this.#auditor.audit(() => this.#isAwaited), pending);
  }

  /** Whether something came that the audit would hold up. */
  get #isAwaited(): boolean {
    return this.#notices.length > 0 || this.#parts.dirty.isDue;
  }

  // The Node may be back since it was reported lost.
  #endDrainsOnLostNodes(pending: KernelKeySet): void {
    if (this.#lostNodes.size === 0) return;
    const { source, drains } = this.#parts;
    const lost = new Set(this.#lostNodes);
    this.#lostNodes.clear();
    addFrontends(
      pending,
      drains.endWhere((address) => lost.has(source.view.stoppedNodeOf(address) ?? '')),
    );
  }

  async #countDrains(pending: KernelKeySet): Promise<void> {
    const { source, drains, drainingOn } = this.#parts;
    addFrontends(pending, await this.#drainCounter.count());
    if (drainingOn === undefined) return;
    const nodes = [...drains.addresses].flatMap((address) => source.view.stoppedNodeOf(address) ?? []);
    drainingOn(new Set(nodes));
  }

  // NodePorts are shown on them, and a VIP that is one of them must not be bound; nor one that the node needs
  // otherwise.
  async #takeInNodeAddresses(pending: KernelKeySet): Promise<void> {
    const { desired, kernel, dirty, image } = this.#parts;
    this.#nodeAddressesAge.begin();
    const { own, reserved } = await kernel.nodeAddresses();
    dirty.addAtOnce(desired.setNodeAddresses(own));
    dirty.addAtOnce(desired.setReserved(reserved));
    pending.add(image.keysAt(desired.reserved));
  }

  #takeInListeners(): void {
    const { desired, kernel, dirty, clock, settings } = this.#parts;
    this.#listenersAge = new Interval(clock, settings.listenerInterval);
    const listeners = kernel.listeners();
    if (listeners !== undefined) dirty.addAtOnce(desired.setListeners(listeners));
  }

  async #lookAtAll(pending: KernelKeySet): Promise<void> {
    const { source, kernel, desired, image, takeover, dirty, drains, clock } = this.#parts;
    const slice = new TimeSlice(clock, PIECES_PER_LOOK);
    await this.#setUp.make();
    desired.setMarkKey(await kernel.markKey());
    await this.#takeInNodeAddresses(pending);
    if (source.view.hasNodeLocal) this.#takeInListeners();
    // Before the look: what of the predecessor's is ours depends on what is wanted.
    if (takeover.underWay) await dirty.takeIn(pending);
    await image.lookAtAll(kernel);
    this.#staleMarks = await inSlices(desired.keepMarks(image.state), slice);
    for (const plane of [desired, image.state]) await inSlices(addAllKeys(plane, pending), slice);
    // What drained may have been removed by others without a trace.
    addFrontends(pending, drains.frontends);
  }

  // Another program may have changed all there is.
  async #drifted(keys: KernelKeySet, pending: KernelKeySet): Promise<void> {
    const { drift, clock } = this.#parts;
    pending.add(keys);
    await inSlices(drift.found(keys), new TimeSlice(clock, STEPS_PER_LOOK));
  }
}

function addFrontends({ frontends }: KernelKeySet, keys: readonly FrontendKey[]): void {
  for (const key of keys) frontends.add(key);
}
