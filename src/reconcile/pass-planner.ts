import type { DesiredDataplane } from '../desired/desired-dataplane.js';
import type { FrontendKey } from '../model/frontend.js';
import type { KernelKeys } from '../model/kernel-keys.js';
import { API_SERVER_SERVICE } from '../model/service-key.js';
import { additionsOf, type Plan, plan } from '../plan/plan.js';
import type { DrainBook } from './drain-book.js';
import type { Hearing } from './hearing.js';
import type { KernelImage } from './kernel-image.js';
import { partsOf } from './pass-parts.js';
import type { SlowStartBook } from './slow-start-book.js';
import type { Takeover } from './takeover.js';

export interface PlannerParts {
  readonly desired: DesiredDataplane;
  readonly image: KernelImage;
  readonly drains: DrainBook;
  readonly slowStarts: SlowStartBook;
  readonly hearing: Hearing;
  readonly takeover: Takeover;
}

/** Makes the plans of a pass: what the comparison says, tempered by drains, slow starts and what was not heard yet. */
export class PassPlanner {
  readonly #parts: PlannerParts;

  constructor(parts: PlannerParts) {
    this.#parts = parts;
  }

  /** The plans over these keys; each is made when those before it have been performed. */
  plans(keys: KernelKeys): Generator<Plan> {
    const { takeover, image } = this.#parts;
    return takeover.around(this.#ownPlans(keys), () => image.state);
  }

  *#ownPlans(keys: KernelKeys): Generator<Plan> {
    for (const part of partsOf(keys, this.#urgent)) yield this.#plan(part);
  }

  get #urgent(): readonly FrontendKey[] {
    return this.#parts.desired.frontendsOf(API_SERVER_SERVICE);
  }

  #plan(keys: KernelKeys): Plan {
    const { desired, image, drains, slowStarts, hearing } = this.#parts;
    const whole = plan(
      keys,
      desired,
      image.state,
      (frontend, server) => drains.isOver(frontend, server) || this.#isElsewhere(frontend),
      slowStarts.isIdle ? undefined : (frontend, server) => slowStarts.weightNow(frontend, server),
    );
    return hearing.complete ? whole : additionsOf(whole, desired);
  }

  // A drain would keep the address bound, and this node cut off from the Node that has it.
  #isElsewhere(frontend: FrontendKey): boolean {
    const { desired, image } = this.#parts;
    return desired.isElsewhere(image.state.virtualServers.get(frontend)?.frontend.address);
  }
}
