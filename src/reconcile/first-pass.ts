import type { DesiredDataplane } from '../desired/desired-dataplane.js';
import { contestedServices } from '../model/claim.js';
import { type Clock, inSlices, KEYS_IN_PIECE, PIECES_PER_LOOK, TimeSlice } from '../model/clock.js';
import type { ClusterSource } from '../model/cluster-source.js';
import { KernelKeySet, type KernelKeys } from '../model/kernel-keys.js';
import { compareAge, type Service } from '../model/service.js';
import { API_SERVER_SERVICE, type ServiceKey } from '../model/service-key.js';
import { sortedInPieces } from '../model/sorted-in-pieces.js';
import type { DirtyServices, ServicesBySize } from './dirty-services.js';
import type { KernelImage } from './kernel-image.js';
import type { PassPlanner } from './pass-planner.js';
import type { StageRunner } from './stage-runner.js';
import type { Takeover } from './takeover.js';

interface FirstPassParts {
  readonly source: Pick<ClusterSource, 'view'>;
  readonly desired: Pick<DesiredDataplane, 'isEmpty' | 'virtualServers' | 'policy' | 'bound'>;
  readonly image: Pick<KernelImage, 'isDoubted' | 'hasNameless' | 'doubt'>;
  readonly takeover: Pick<Takeover, 'underWay'>;
  readonly dirty: Pick<DirtyServices, 'keys' | 'bySize' | 'workOut'>;
  readonly planner: Pick<PassPlanner, 'plansOf'>;
  readonly clock: Pick<Clock, 'now'>;
  /** So many Services are worked out before the kernel gets them. */
  readonly servicesAtOnce: number;
}

/**
 * The one way in which the first pass differs from all later ones: it performs Services as they are worked out, so that
 * in a large cluster the first are served while the last are not decided. Afterwards the pass goes on as every other.
 */
export class FirstPass {
  readonly #parts: FirstPassParts;

  constructor(parts: FirstPassParts) {
    this.#parts = parts;
  }

  /**
   * Where nothing was desired before, performs every Service of which no other can take a frontend away; nothing in any
   * other pass. What has been planned moves from `pending` to `planned`; what is left in `pending` and among the dirty
   * Services has to be planned afterwards.
   */
  async perform(
    run: Pick<StageRunner, 'perform' | 'result'>,
    pending: KernelKeySet,
    planned: KernelKeySet,
  ): Promise<void> {
    if (!this.#isDue) return;
    const { planner, image, desired, clock } = this.#parts;
    const slice = new TimeSlice(clock, PIECES_PER_LOOK);
    const services = await inSlices(this.#uncontested(), slice);
    for (const part of apiServerFirst(services))
      await run.perform(planner.plansOf(this.#partsAsDecided(part, pending, planned)));
    // What was touched again must not be planned over a guess.
    image.doubt(run.result.unsure, desired);
  }

  // Whoever takes over has to know all that is wanted, what is in doubt has to wait, and what lost its name gets it
  // back from what is wanted.
  get #isDue(): boolean {
    const { desired, takeover, image } = this.#parts;
    return desired.isEmpty && !image.isDoubted && !image.hasNameless && !takeover.underWay;
  }

  /**
   * The oldest first. Those that claim what another claims wait until all are worked out together; so does who changes
   * between two pieces.
   */
  *#uncontested(): Generator<void, ServicesBySize> {
    const { source, dirty } = this.#parts;
    const services: Service[] = [];
    let count = 0;
    for (const key of [...dirty.keys]) {
      const { service } = source.view.look(key);
      if (service !== undefined) services.push(service);
      if (++count % KEYS_IN_PIECE === 0) yield;
    }
    const contested = yield* contestedServices(services);
    const free = contested.size === 0 ? services : services.filter(({ key }) => !contested.has(key));
    const sorted = yield* sortedInPieces(free, compareAge);
    return yield* dirty.bySize(sorted.map(keyOf));
  }

  /**
   * Services are worked out when their part is asked for: the kernel works on the first part while the last is not
   * decided. Since nothing was desired before, a decision can only want more, and nothing that is planned for one part
   * is undone by another. What another part touches again has to be compared when all are decided.
   */
  *#partsAsDecided(
    services: ServicesBySize,
    pending: KernelKeySet,
    planned: KernelKeySet,
  ): Generator<KernelKeys> {
    for (const part of this.#portions(services)) {
      takeOn(part.frontends, pending.frontends, planned.frontends);
      takeOn(part.vips, pending.vips, planned.vips);
      yield part;
    }
  }

  /** The keys that each portion may have changed. Of large Services each is one, or many would be worked out at once. */
  *#portions({ ordinary, large }: ServicesBySize): Generator<KernelKeySet> {
    const { servicesAtOnce } = this.#parts;
    for (let start = 0; start < ordinary.length; start += servicesAtOnce)
      yield this.#workOut(ordinary.slice(start, start + servicesAtOnce));
    for (const key of large) yield this.#workOut([key]);
  }

  #workOut(services: readonly ServiceKey[]): KernelKeySet {
    const touched = new KernelKeySet();
    for (let index = 0; index < services.length; index++)
      this.#parts.dirty.workOut(services[index] as ServiceKey, touched);
    return touched;
  }
}

/** The API server's Service by itself before all others, however large it is. */
function apiServerFirst({ ordinary, large }: ServicesBySize): ServicesBySize[] {
  const isFirst = (key: ServiceKey) => key === API_SERVER_SERVICE;
  const isOther = (key: ServiceKey) => !isFirst(key);
  return [isFirst, isOther].map((isOf) => ({ ordinary: ordinary.filter(isOf), large: large.filter(isOf) }));
}

// In one loop, since it is gone through for every key of a first pass.
function takeOn<T>(part: Set<T>, pending: Set<T>, planned: Set<T>): void {
  for (const key of part)
    if (planned.has(key)) {
      part.delete(key);
      pending.add(key);
    } else {
      planned.add(key);
      pending.delete(key);
    }
}

function keyOf({ key }: Service): ServiceKey {
  return key;
}
