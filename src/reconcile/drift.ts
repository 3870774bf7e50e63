import type { Kernel, Preparation } from '../kernel/kernel.js';
import { type Family, familyOf } from '../model/address.js';
import { type Clock, inSlices, TimeSlice } from '../model/clock.js';
import type { LookResult } from '../model/counters.js';
import type { Frontend, FrontendKey } from '../model/frontend.js';
import { KernelKeySet, type KernelKeys } from '../model/kernel-keys.js';
import type { DriftKind, PassReport } from '../model/sync-state.js';
import type { KernelImage } from './kernel-image.js';
import type { LoopSettings } from './loop-settings.js';
import type { Failure } from './refusals.js';
import { type Subject, subjectsOf } from './refusals.js';
import { Interval } from './timing.js';

/**
 * Compares what is programmed with the kernel, a slice at a time, so that the cost is spread evenly over the audit
 * period. What it finds is drift: another program changed something of ours.
 */
export class Auditor {
  readonly #kernel: Kernel;
  readonly #image: KernelImage;
  readonly #setUp: SetUp;
  readonly #clock: Clock;
  readonly #settings: LoopSettings;
  readonly #interval: Interval;
  /** What is still to be looked at of what was found to be other. */
  readonly #changed = new Map<FrontendKey, Frontend>();
  /** What the kernel does not tell at once, as far as it was not looked at in this round. */
  #round: FrontendKey[] = [];
  #inRound = 0;
  #slices = 1;
  /** Slices until everything that the kernel tells at once is compared again. */
  #untilAll = 0;
  #roundTime: number;
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
    return this.#interval.isOver;
  }

  /** Milliseconds until the next slice is due. */
  wait(): number {
    return this.#interval.wait();
  }

  /** Mends the set-up, audits the next slice and corrects the image; the keys that have to be put right. */
  async audit(): Promise<KernelKeySet> {
    this.#interval.begin();
    const began = this.#clock.now();
    const drift = await this.#auditSlice(await this.#setUp.mend());
    this.#milliseconds = this.#clock.now() - began;
    return drift;
  }

  /** What the audit took since the last time; undefined where there was none. */
  takeMilliseconds(): number | undefined {
    const taken = this.#milliseconds;
    this.#milliseconds = undefined;
    return taken;
  }

  // Whoever changed the set-up may have changed addresses and sets too: they are looked at, though the round has only
  // begun.
  async #auditSlice(isMended: boolean): Promise<KernelKeySet> {
    const drift = new KernelKeySet();
    const isBegin = this.#untilAll === 0;
    const { families, changed } = await this.#kernel.compareAtOnce(this.#image.state.virtualServers, isBegin);
    const slice = new TimeSlice(this.#clock, KEYS_PER_LOOK);
    for (const frontend of changed) {
      this.#changed.set(frontend.key, frontend);
      if (slice.over) await slice.yieldTurn();
    }
    if (isBegin) this.#begin(families);
    this.#untilAll--;
    if (isBegin || isMended) {
      const seen = await this.#kernel.lookForOtherAddressesAndSets();
      if (seen !== undefined) drift.add(await inSlices(this.#image.correctAddressesAndSets(seen), slice));
    }
    for (const key of await this.#lookAtChanged()) drift.frontends.add(key);
    for (const key of await this.#lookAtSlice()) drift.frontends.add(key);
    return drift;
  }

  async #lookAtChanged(): Promise<FrontendKey[]> {
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

  async #lookAtSlice(): Promise<FrontendKey[]> {
    const { virtualServers } = this.#image.state;
    const size = Math.ceil(this.#inRound / this.#slices);
    return whileMostDiffer(
      () => this.#round.splice(0, size).flatMap((key) => virtualServers.get(key)?.frontend ?? []),
      async (frontends) => this.#differences(frontends, await this.#kernel.lookForChanges(frontends)),
    );
  }

  #differences(frontends: readonly Frontend[], results: readonly (LookResult | undefined)[]): FrontendKey[] {
    return frontends.flatMap((frontend, index) => {
      const result = results[index];
      return result !== undefined && this.#image.correct(frontend, result) ? [frontend.key] : [];
    });
  }

  #begin(families: readonly Family[]): void {
    const { auditPeriod, auditInterval, auditEntriesPerSecond, auditLooksPerSecond } = this.#settings;
    const { atOnce, oneByOne, keys } = this.#countByWay(families);
    const all = Math.max(auditPeriod, (atOnce / auditEntriesPerSecond) * 1000);
    this.#untilAll = Math.max(1, Math.floor(all / auditInterval));
    if (this.#round.length > 0) return;
    this.#roundTime = Math.max(all, (oneByOne / auditLooksPerSecond) * 1000);
    this.#slices = Math.max(1, Math.floor(this.#roundTime / auditInterval));
    this.#round = keys;
    this.#inRound = keys.length;
  }

  // Over all there are, twice a minute: no pair is made of each, and what it asks of each is little.
  #countByWay(families: readonly Family[]) {
    const areAtOnce = { IPv4: families.includes('IPv4'), IPv6: families.includes('IPv6') };
    const keys: FrontendKey[] = [];
    let [atOnce, oneByOne] = [0, 0];
    for (const { frontend, realServers } of this.#image.state.virtualServers.values()) {
      const entries = 1 + realServers.size;
      if (areAtOnce[familyOf(frontend.address)]) atOnce += entries;
      else {
        oneByOne += entries;
        keys.push(frontend.key);
      }
    }
    return { atOnce, oneByOne, keys };
  }
}

/** Between two looks at the clock. */
const KEYS_PER_LOOK = 256;

/** Enough of them for everyday changes of our own, which are told as well. */
const LOOKS_AT_ONCE = 512;

/**
 * Whoever changed most of what was looked at has not stopped there: then it goes on at once, as long as there is any.
 */
async function whileMostDiffer(
  take: () => Frontend[],
  look: (frontends: readonly Frontend[]) => Promise<readonly FrontendKey[]>,
): Promise<FrontendKey[]> {
  const all: FrontendKey[] = [];
  for (;;) {
    const frontends = take();
    if (frontends.length === 0) return all;
    const found = await look(frontends);
    all.push(...found);
    if (found.length * 2 <= frontends.length) return all;
  }
}

/**
 * The device, the rules and the sysctls that everything else stands on: made ready, and put right where others changed
 * them.
 */
export class SetUp {
  readonly #kernel: Pick<Kernel, 'prepare'>;
  readonly #drift: Pick<DriftBook, 'mended'>;
  readonly #report: (preparation: Preparation) => void;
  #isMade = false;

  /** `report` is called with what had to be done. */
  constructor(
    kernel: Pick<Kernel, 'prepare'>,
    drift: Pick<DriftBook, 'mended'>,
    report: (preparation: Preparation) => void,
  ) {
    this.#kernel = kernel;
    this.#drift = drift;
    this.#report = report;
  }

  /** Makes the kernel ready, at the start or anew; what was ready before and has to be made is drift. */
  async make(): Promise<void> {
    const preparation = await this.#kernel.prepare();
    this.#report(preparation);
    if (this.#isMade) this.#drift.mended(preparation.made ?? []);
    this.#isMade = true;
  }

  /** Puts right what others changed; whether they had. */
  async mend(): Promise<boolean> {
    const preparation = await this.#kernel.prepare();
    const { made = [] } = preparation;
    this.#drift.mended(made);
    // Its warnings were reported at the start.
    if (made.length > 0) this.#report({ ...preparation, warnings: [] });
    return made.length > 0;
  }

  /** It has to be another from now on: what is made because of this is no drift. */
  outdate(): void {
    this.#isMade = false;
  }
}

type PassDrift = Required<Pick<PassReport, 'drift' | 'driftFound' | 'driftRepaired'>>;

/** What others have changed or removed of ours, from when it is found until it has been put right. */
export class DriftBook {
  readonly #open = new Set<Subject>();
  #found = new Map<DriftKind, number>();
  #mended = new Map<DriftKind, number>();

  found(keys: KernelKeys): void {
    for (const subject of subjectsOf(keys)) {
      this.#open.add(subject);
      count(this.#found, kindOf(subject));
    }
  }

  /** What was put right as soon as it was found. */
  mended(kinds: readonly DriftKind[]): void {
    for (const kind of kinds) {
      count(this.#found, kind);
      count(this.#mended, kind);
    }
  }

  /** A pass has ended that planned these keys; what was refused of them is not put right yet. */
  settle(keys: KernelKeys, failures: ReadonlyMap<Subject, Failure>): PassDrift {
    const driftRepaired = this.#mended;
    this.#mended = new Map();
    if (this.#open.size > 0)
      for (const subject of subjectsOf(keys))
        if (!failures.has(subject) && this.#open.delete(subject)) count(driftRepaired, kindOf(subject));
    const driftFound = this.#found;
    this.#found = new Map();
    const drift = [...driftFound.values()].reduce((sum, found) => sum + found, 0);
    return { drift, driftFound, driftRepaired };
  }
}

function count(counts: Map<DriftKind, number>, kind: DriftKind): void {
  counts.set(kind, (counts.get(kind) ?? 0) + 1);
}

function kindOf(subject: Subject): DriftKind {
  return subject.startsWith('frontend ') ? 'virtual-server' : 'vip';
}
