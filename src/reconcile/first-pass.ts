import type { DesiredDataplane } from '../desired/desired-dataplane.js';
import { KernelKeySet, type KernelKeys } from '../model/kernel-keys.js';
import { API_SERVER_SERVICE } from '../model/service-key.js';
import type { DirtyServices } from './dirty-services.js';
import type { KernelImage } from './kernel-image.js';
import type { PassPlanner } from './pass-planner.js';
import type { StageRunner } from './stage-runner.js';
import type { Takeover } from './takeover.js';

export interface FirstPassParts {
  readonly desired: Pick<DesiredDataplane, 'isEmpty' | 'virtualServers' | 'policy' | 'bound'>;
  readonly image: KernelImage;
  readonly takeover: Pick<Takeover, 'underWay'>;
  readonly dirty: DirtyServices;
  readonly planner: Pick<PassPlanner, 'plansOf'>;
}

/**
 * The one way in which the first pass differs from all later ones: it performs Services as they are worked out, so that in a
 * large cluster the first are served while the last are not decided. Afterwards the pass goes on as every other.
 */
export class FirstPass {
  readonly #parts: FirstPassParts;

  constructor(parts: FirstPassParts) {
    this.#parts = parts;
  }

  /**
   * Whether the pass that begins is one. Whoever takes over has to know all that is wanted before it looks, what is in doubt has to
   * wait, and what lost its name gets it back from what is wanted.
   */
  get isDue(): boolean {
    const { desired, takeover, image } = this.#parts;
    return desired.isEmpty && !image.isDoubted && !image.hasNameless && !takeover.underWay;
  }

  /**
   * Performs what nobody contests. What has been planned moves from `pending` to `planned`; what is left in `pending` and among
   * the dirty Services has to be planned afterwards.
   */
  async perform(run: StageRunner, pending: KernelKeySet, planned: KernelKeySet): Promise<void> {
    const { dirty, planner, image, desired } = this.#parts;
    const services = dirty.uncontested(API_SERVER_SERVICE);
    const urgent = services[0] === API_SERVER_SERVICE ? 1 : 0;
    for (const part of [services.slice(0, urgent), services.slice(urgent)])
      await run.perform(planner.plansOf(partsAsDecided(dirty.portions(part), pending, planned)));
    // What was touched again must not be planned over a guess.
    image.doubt(run.result.unsure, desired);
  }
}

/**
 * Parts of a pass whose Services are worked out when the part is asked for: at the first start of a large cluster the kernel
 * works on the first of them while the last are not decided. Only where nothing was desired before: then all that a decision
 * can do is to want more, and nothing that is planned for one portion is undone by another.
 *
 * What is planned moves from `pending` to `planned`. What another portion touches again goes back: it has to be compared when all
 * are decided.
 */
export function* partsAsDecided(
  portions: Iterable<KernelKeys>,
  pending: KernelKeySet,
  planned: KernelKeySet,
): Generator<KernelKeys> {
  for (const { frontends, vips } of portions) {
    const part = new KernelKeySet();
    for (const key of frontends)
      if (planned.frontends.has(key)) pending.frontends.add(key);
      else part.frontends.add(key);
    for (const address of vips)
      if (planned.vips.has(address)) pending.vips.add(address);
      else part.vips.add(address);
    pending.remove(part);
    planned.add(part);
    yield part;
  }
}
