import type { Kernel } from '../kernel/kernel.js';
import type { Clock } from '../model/clock.js';
import type { FrontendKey } from '../model/frontend.js';
import type { DrainBook } from './drain-book.js';
import { Interval } from './interval.js';
import type { KernelImage } from './kernel-image.js';

/** Counts the connections of draining servers, at intervals. */
export class DrainCounter {
  readonly #kernel: Pick<Kernel, 'look'>;
  readonly #image: Pick<KernelImage, 'state'>;
  readonly #drains: DrainBook;
  readonly #interval: Interval;

  /** `interval`: milliseconds between two counts. */
  constructor(
    kernel: Pick<Kernel, 'look'>,
    image: Pick<KernelImage, 'state'>,
    drains: DrainBook,
    clock: Clock,
    interval: number,
  ) {
    this.#kernel = kernel;
    this.#image = image;
    this.#drains = drains;
    this.#interval = new Interval(clock, interval);
  }

  get isDue(): boolean {
    return this.#interval.isOver;
  }

  /** Milliseconds until they are to be counted; undefined where no server drains. */
  wait(): number | undefined {
    return this.#drains.size === 0 ? undefined : this.#interval.wait();
  }

  /** Counts and notes them; the frontends with a drain that has ended. */
  async count(): Promise<FrontendKey[]> {
    this.#interval.begin();
    const { virtualServers } = this.#image.state;
    const frontends = this.#drains.frontends.flatMap((key) => virtualServers.get(key)?.frontend ?? []);
    if (frontends.length === 0) return [];
    const sights = await this.#kernel.look(frontends);
    return frontends.flatMap(({ key }, index) => {
      const sight = sights[index];
      return sight?.kind === 'present' && this.#drains.note(key, sight.activity) ? [key] : [];
    });
  }
}
