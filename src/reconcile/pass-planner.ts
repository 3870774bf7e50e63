import type { DesiredDataplane } from '../desired/desired-dataplane.js';
import type { Address } from '../model/address.js';
import type { FrontendKey } from '../model/frontend.js';
import type { KernelKeys } from '../model/kernel-keys.js';
import { API_SERVER_SERVICE } from '../model/service-key.js';
import { additionsOf, type Plan, plan } from '../plan/plan.js';
import type { DrainBook } from './drain-book.js';
import type { KernelImage } from './kernel-image.js';
import { roundsOf } from './pass-parts.js';
import { isApiServersOwn } from './release-addresses.js';
import type { Round } from './round.js';
import type { SlowStartBook } from './slow-start-book.js';
import type { SourceCompleteness } from './source-completeness.js';
import type { Takeover } from './takeover.js';

export interface PlannerParts {
  readonly desired: DesiredDataplane;
  readonly image: KernelImage;
  readonly drains: DrainBook;
  readonly slowStarts: SlowStartBook;
  readonly completeness: SourceCompleteness;
  readonly takeover: Takeover;
}

const NOTHING_GUARDED: ReadonlySet<Address> = new Set();

/** Makes the plans of a pass: what the comparison says, tempered by drains, slow starts and what the source has not said yet. */
export class PassPlanner {
  readonly #parts: PlannerParts;

  constructor(parts: PlannerParts) {
    this.#parts = parts;
  }

  /** The plans over these keys; those of a round are made and performed when the rounds before have ended. */
  rounds(keys: KernelKeys): Generator<Round> {
    const { takeover, image } = this.#parts;
    return takeover.after(this.#ownRounds(keys), () => image.state, image.ledgerLost);
  }

  *#ownRounds(keys: KernelKeys): Generator<Round> {
    const { desired, image } = this.#parts;
    const { bound, policy } = image.state;
    const isVip = (address: Address) =>
      desired.bound.has(address) || policy.guarded.has(address) || bound.has(address);
    const urgent = desired.frontendsOf(API_SERVER_SERVICE);
    for (const parts of roundsOf(keys, urgent, isVip)) yield this.plansOf(parts);
  }

  /** One round of parts that have nothing in common. */
  *plansOf(parts: Iterable<KernelKeys>): Round {
    for (const part of parts) yield this.#plan(part);
  }

  #plan(keys: KernelKeys): Plan {
    const { desired, image, drains, slowStarts, completeness } = this.#parts;
    for (const key of keys.frontends) {
      slowStarts.refresh(key, image.state);
      if (!image.state.virtualServers.has(key)) desired.forgetReleased(key);
    }
    const whole = plan(
      keys,
      desired,
      image.state,
      (frontend, server) => drains.isOver(frontend, server) || this.#isLetGo(frontend),
      slowStarts.isIdle ? undefined : (frontend, server) => slowStarts.weightNow(frontend, server),
    );
    if (completeness.complete) return whole;
    // What is in the way to the source cannot wait until the source is complete.
    return additionsOf(whole, desired, (address) => this.#isReserved(address));
  }

  // An address of this node may belong to a Service that is not known yet, and then it is unguarded without being cut.
  #isReserved(address: Address): boolean {
    const { desired, image } = this.#parts;
    return desired.mustLeave(address, NOTHING_GUARDED) && !isApiServersOwn(address, image.state);
  }

  // A drain would keep the address bound, and this node cut off from who has it.
  #isLetGo(key: FrontendKey): boolean {
    const { desired, image } = this.#parts;
    const frontend = image.state.virtualServers.get(key)?.frontend;
    if (desired.isReleased(key)) return true;
    if (desired.virtualServers.has(key)) return false;
    if (!desired.mustLeave(frontend?.address, image.state.policy.guarded)) return false;
    return frontend === undefined || !isApiServersOwn(frontend.address, image.state);
  }
}
