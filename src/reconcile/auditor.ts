import type { Kernel } from '../kernel/kernel.js';
import type { Clock } from '../model/clock.js';
import type { Frontend, FrontendKey } from '../model/frontend.js';
import { KernelKeySet } from '../model/kernel-keys.js';
import { Interval } from './interval.js';
import type { KernelImage } from './kernel-image.js';
import type { LoopSettings } from './loop-settings.js';
import type { SetUp } from './set-up.js';

/**
 * Compares what is programmed with the kernel, a slice at a time, so that the cost is spread evenly over the audit period.
 * What it finds is drift: somebody else changed something of ours.
 */
export class Auditor {
  readonly #kernel: Kernel;
  readonly #image: KernelImage;
  readonly #setUp: SetUp;
  readonly #clock: Clock;
  readonly #settings: LoopSettings;
  readonly #interval: Interval;
  #round: FrontendKey[] = [];
  #inRound = 0;
  #slices = 1;
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

  // Whoever changed the set-up may have changed addresses and sets too: they are looked at, though the round has only begun.
  async #auditSlice(isMended: boolean): Promise<KernelKeySet> {
    const { state } = this.#image;
    const drift = new KernelKeySet();
    const isOver = this.#round.length === 0;
    if (isOver) this.#beginRound();
    if (isOver || isMended) {
      drift.add(this.#image.correctSurroundings(await this.#kernel.observeSurroundings()));
    }
    // Whoever changed most of what was looked at has not stopped there: then the round is ended at once.
    for (let goesOn = true; goesOn; ) {
      const slice = this.#round.splice(0, this.#sliceSize());
      const frontends = slice.flatMap((key) => state.virtualServers.get(key)?.frontend ?? []);
      const found = await this.#differences(frontends);
      for (const key of found) drift.frontends.add(key);
      goesOn = this.#round.length > 0 && found.length * 2 > frontends.length;
    }
    return drift;
  }

  async #differences(frontends: readonly Frontend[]): Promise<FrontendKey[]> {
    const sights = await this.#kernel.lookForChanges(frontends);
    return frontends.flatMap((frontend, index) => {
      const sight = sights[index];
      return sight !== undefined && this.#image.correct(frontend, sight) ? [frontend.key] : [];
    });
  }

  #beginRound(): void {
    const { virtualServers } = this.#image.state;
    const { auditPeriod, auditInterval, auditEntriesPerSecond } = this.#settings;
    this.#round = [...virtualServers.keys()];
    let entries = 0;
    for (const { realServers } of virtualServers.values()) entries += 1 + realServers.size;
    this.#roundTime = Math.max(auditPeriod, (entries / auditEntriesPerSecond) * 1000);
    this.#slices = Math.max(1, Math.floor(this.#roundTime / auditInterval));
    this.#inRound = this.#round.length;
  }

  #sliceSize(): number {
    return Math.ceil(this.#inRound / this.#slices);
  }
}
