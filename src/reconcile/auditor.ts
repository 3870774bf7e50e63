import type { Comparison, Kernel } from '../kernel/kernel.js';
import type { Family } from '../model/address.js';
import { type Clock, inSlices, Pause, STEPS_PER_LOOK, TimeSlice } from '../model/clock.js';
import type { LookResult } from '../model/counters.js';
import { type Frontend, type FrontendKey, familyOfKey } from '../model/frontend.js';
import { KernelKeySet, type KernelKeys } from '../model/kernel-keys.js';
import type { SetUp } from './drift.js';
import type { KernelImage } from './kernel-image.js';
import type { LoopSettings } from './loop-settings.js';
import { Interval } from './timing.js';

/** Enough of them for everyday changes of our own, which are told as well. */
const LOOKS_AT_ONCE = 512;

/** Milliseconds between two steps while something is read. */
const STEP = 5;

const READS_WITHOUT_GIVING_WAY = 3;

/** In one step: those of IPv6, at 0.2 ms each, are what takes longest. */
const LOOKS_PER_STEP = 64;

/**
 * Compares what is programmed with the kernel, a slice at a time, so that the cost is spread evenly over the audit
 * period. What it finds is drift: another program changed something of ours.
 *
 * A slice consists of steps of some milliseconds. Whatever else is waiting goes first after each, or a change of one
 * pod would wait for hundreds of milliseconds in a large cluster.
 */
export class Auditor {
  readonly #kernel: Kernel;
  readonly #image: KernelImage;
  readonly #setUp: SetUp;
  readonly #clock: Clock;
  readonly #settings: LoopSettings;
  readonly #interval: Interval;
  /** What is left of the slice that gave way to something else. */
  #steps: AsyncGenerator<KernelKeys, void> | undefined;
  /** What is still to be looked at of what was found to be other. */
  readonly #changed = new Map<FrontendKey, Frontend>();
  /** What the kernel does not tell at once, as far as it was not looked at in this round. */
  #round: FrontendKey[] = [];
  #inRound = 0;
  #slices = 1;
  /** Slices until everything that the kernel tells at once is compared again. */
  #untilAll = 0;
  #roundTime: number;
  /** Of the slice under way, and of the last one that ended. */
  #spent = 0;
  #milliseconds: number | undefined;

  constructor(kernel: Kernel, image: KernelImage, setUp: SetUp, clock: Clock, settings: LoopSettings) {
    this.#kernel = kernel;
    this.#image = image;
    this.#setUp = setUp;
    this.#clock = clock;
    this.#settings = settings;
    this.#roundTime = settings.auditPeriod;
    this.#interval = new Interval(clock, settings.auditInterval);
  }

  /** Milliseconds in which everything is compared once, by how much there was when the round began. */
  get roundTime(): number {
    return this.#roundTime;
  }

  get isDue(): boolean {
    return this.#steps !== undefined || this.#interval.isOver;
  }

  /** Milliseconds until the next slice is due, or what is left of one. */
  wait(): number {
    return this.#steps === undefined ? this.#interval.wait() : 0;
  }

  /**
   * Mends the set-up, audits the next slice and corrects the image; the keys that have to be put right. As soon as
   * something else `isWaiting` it leaves off, and the next call goes on there.
   */
  async audit(isWaiting: () => boolean): Promise<KernelKeySet> {
    if (this.#steps === undefined) this.#interval.begin();
    this.#steps ??= this.#auditSlice();
    const drift = new KernelKeySet();
    const began = this.#clock.now();
    const isOver = await takeSteps(this.#steps, drift, isWaiting);
    this.#spent += this.#clock.now() - began;
    if (isOver) this.#endSlice();
    return drift;
  }

  #endSlice(): void {
    this.#steps = undefined;
    this.#milliseconds = this.#spent;
    this.#spent = 0;
  }

  /** What the slice took that ended since the last time; undefined where none did. */
  takeMilliseconds(): number | undefined {
    const taken = this.#milliseconds;
    this.#milliseconds = undefined;
    return taken;
  }

  // Between two steps the kernel may be written to, and the image be another. Whoever changed the set-up may have changed
  // addresses and sets too: they are looked at, though the round has only begun.
  async *#auditSlice(): AsyncGenerator<KernelKeys, void> {
    const isMended = await this.#setUp.mend();
    const isBegin = this.#untilAll === 0;
    const atOnce = yield* this.#compareAtOnce(isBegin);
    if (isBegin) await this.#begin(atOnce);
    this.#untilAll--;
    if (isBegin || isMended) yield* this.#lookAtAddressesAndSets();
    yield* this.#lookAtChanged();
    yield* this.#lookAtSlice();
  }

  async *#compareAtOnce(isBegin: boolean): AsyncGenerator<KernelKeys, AtOnce> {
    const slice = new TimeSlice(this.#clock, STEPS_PER_LOOK);
    let entries = 0;
    for (;;) {
      const part = await this.#kernel.compareAtOnce(this.#image.state.virtualServers, isBegin);
      entries += part.entries;
      for (const frontend of part.changed) {
        this.#changed.set(frontend.key, frontend);
        if (slice.over) await slice.yieldTurn();
      }
      if (part.isLast) return { families: part.families, entries };
      yield NOTHING;
    }
  }

  // In a large cluster that takes a second where anybody has written to nftables: what is waiting goes on meanwhile. Who
  // is overtaken by writes again and again reads without giving way.
  async *#lookAtAddressesAndSets(): AsyncGenerator<KernelKeys, void> {
    for (let attempt = 1; ; attempt++) {
      const looking = this.#kernel.lookForOtherAddressesAndSets();
      if (attempt < READS_WITHOUT_GIVING_WAY) yield* this.#until(looking);
      const seen = await looking;
      if (seen === undefined) return;
      if (seen === 'overtaken') continue;
      const slice = new TimeSlice(this.#clock, STEPS_PER_LOOK);
      yield inSlices(this.#image.correctAddressesAndSets(seen), slice);
      return;
    }
  }

  /** A step every some milliseconds, until it has been looked. */
  async *#until(looking: Promise<unknown>): AsyncGenerator<KernelKeys, void> {
    let isOver = false;
    const end = () => {
      isOver = true;
    };
    // Whether it was read is for whoever awaits it in the end.
    const ended = looking.then(end, end);
    while (!isOver) {
      const pause = new Pause(this.#clock);
      void ended.then(() => pause.end());
      await pause.take(STEP);
      if (!isOver) yield NOTHING;
    }
  }

  #lookAtChanged(): AsyncGenerator<KernelKeys, void> {
    return whileMostDiffer(
      () => {
        const share = Math.ceil(this.#changed.size / Math.max(1, this.#untilAll));
        const most = Math.max(LOOKS_AT_ONCE, share);
        const frontends: Frontend[] = [];
        for (const [key, frontend] of this.#changed) {
          if (frontends.length === most) break;
          frontends.push(frontend);
          this.#changed.delete(key);
        }
        return frontends;
      },
      async (frontends) => {
        const results = await this.#kernel.look(frontends);
        frontends.forEach((frontend, index) => {
          // The kernel does not tell it a second time.
          if (results[index]?.kind === 'unknown') this.#changed.set(frontend.key, frontend);
        });
        return this.#differences(frontends, results);
      },
    );
  }

  #lookAtSlice(): AsyncGenerator<KernelKeys, void> {
    const size = Math.ceil(this.#inRound / this.#slices);
    return whileMostDiffer(
      () => {
        const { virtualServers } = this.#image.state;
        return this.#round.splice(0, size).flatMap((key) => virtualServers.get(key)?.frontend ?? []);
      },
      async (frontends) => this.#differences(frontends, await this.#kernel.lookForChanges(frontends)),
    );
  }

  #differences(frontends: readonly Frontend[], results: readonly (LookResult | undefined)[]): KernelKeySet {
    const keys = new KernelKeySet();
    frontends.forEach((frontend, index) => {
      const result = results[index];
      if (result !== undefined && this.#image.correct(frontend, result)) keys.frontends.add(frontend.key);
    });
    return keys;
  }

  async #begin({ families, entries }: AtOnce): Promise<void> {
    const { auditPeriod, auditInterval, auditEntriesPerSecond, auditLooksPerSecond } = this.#settings;
    const all = Math.max(auditPeriod, (entries / auditEntriesPerSecond) * 1000);
    this.#untilAll = Math.max(1, Math.floor(all / auditInterval));
    if (this.#round.length > 0) return;
    const { keys, entries: oneByOne } = await this.#lookedAtOneByOne(families);
    this.#roundTime = Math.max(all, (oneByOne / auditLooksPerSecond) * 1000);
    this.#slices = Math.max(1, Math.floor(this.#roundTime / auditInterval));
    this.#round = keys;
    this.#inRound = keys.length;
  }

  // Over all there are, twice a minute: mostly none is of such a family, and what is asked of each is little.
  async #lookedAtOneByOne(families: readonly Family[]) {
    const { virtualServers } = this.#image.state;
    const others = { IPv4: !families.includes('IPv4'), IPv6: !families.includes('IPv6') };
    const slice = new TimeSlice(this.#clock, STEPS_PER_LOOK);
    const keys: FrontendKey[] = [];
    let entries = 0;
    for (const key of virtualServers.keys()) {
      if (others[familyOfKey(key)]) {
        keys.push(key);
        entries += 1 + (virtualServers.get(key)?.realServers.size ?? 0);
      }
      if (slice.over) await slice.yieldTurn();
    }
    return { keys, entries };
  }
}

/** The families that the kernel tells at once, and how many virtual and real servers it has of them. */
type AtOnce = Pick<Comparison, 'families' | 'entries'>;

const NOTHING: KernelKeys = new KernelKeySet();

/** Whether that was all; not where something else is waiting first. */
async function takeSteps(
  steps: AsyncGenerator<KernelKeys, void>,
  drift: KernelKeySet,
  isWaiting: () => boolean,
): Promise<boolean> {
  do {
    const { done, value } = await steps.next();
    if (done === true) return true;
    drift.add(value);
  } while (!isWaiting());
  return false;
}

/**
 * Whoever changed most of what was looked at has not stopped there: then it goes on at once, as long as there is any.
 */
async function* whileMostDiffer(
  take: () => readonly Frontend[],
  look: (frontends: readonly Frontend[]) => Promise<KernelKeys>,
): AsyncGenerator<KernelKeys, void> {
  for (;;) {
    const frontends = take();
    let found = 0;
    for (let start = 0; start < frontends.length; start += LOOKS_PER_STEP) {
      const keys = await look(frontends.slice(start, start + LOOKS_PER_STEP));
      found += keys.frontends.size;
      yield keys;
    }
    if (frontends.length === 0 || found * 2 <= frontends.length) return;
  }
}
