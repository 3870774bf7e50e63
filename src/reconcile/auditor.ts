import type { Kernel } from '../kernel/kernel.js';
import type { FrontendKey } from '../model/frontend.js';
import { KernelKeySet } from '../model/kernel-keys.js';
import type { KernelImage } from './kernel-image.js';
import type { LoopSettings } from './loop-settings.js';

/**
 * Compares what is programmed with the kernel, a slice at a time, so that the cost is spread evenly over the audit period.
 * What it finds is drift: somebody else changed something of ours.
 */
export class Auditor {
  readonly #kernel: Kernel;
  readonly #image: KernelImage;
  readonly #settings: LoopSettings;
  #round: FrontendKey[] = [];

  constructor(kernel: Kernel, image: KernelImage, settings: LoopSettings) {
    this.#kernel = kernel;
    this.#image = image;
    this.#settings = settings;
  }

  /**
   * Audits the next slice and corrects the image; the keys that have to be put right. `surroundings`: look at addresses and
   * sets too, though the round has only begun.
   */
  async next(surroundings = false): Promise<KernelKeySet> {
    const { state } = this.#image;
    const drift = new KernelKeySet();
    const isOver = this.#round.length === 0;
    if (isOver) this.#round = [...state.virtualServers.keys()];
    if (isOver || surroundings) {
      drift.add(this.#image.correctSurroundings(await this.#kernel.observeSurroundings()));
    }
    const slice = this.#round.splice(0, this.#sliceSize());
    const frontends = slice.flatMap((key) => state.virtualServers.get(key)?.frontend ?? []);
    const sights = await this.#kernel.look(frontends);
    frontends.forEach((frontend, index) => {
      const sight = sights[index];
      if (sight !== undefined && this.#image.correct(frontend, sight)) drift.frontends.add(frontend.key);
    });
    return drift;
  }

  #sliceSize(): number {
    const { auditInterval, auditPeriod } = this.#settings;
    return Math.ceil((this.#image.state.virtualServers.size * auditInterval) / auditPeriod);
  }
}
