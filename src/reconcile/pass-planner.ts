import type { DesiredDataplane } from '../desired/desired-dataplane.js';
import type { Address } from '../model/address.js';
import { atOnce, type Clock, inSlices, STEPS_PER_LOOK, TimeSlice } from '../model/clock.js';
import type { ClusterSource } from '../model/cluster-source.js';
import { addressOf, type FrontendKey } from '../model/frontend.js';
import { KernelKeySet, type KernelKeys } from '../model/kernel-keys.js';
import { API_SERVER_SERVICE } from '../model/service-key.js';
import { additionsOf, type Plan, plan } from '../plan/plan.js';
import type { DrainBook } from './drain-book.js';
import type { KernelImage } from './kernel-image.js';
import { isApiServersOwn } from './removal.js';
import type { SlowStartBook } from './slow-start-book.js';
import type { Round } from './stage-runner.js';
import type { Takeover } from './takeover.js';

interface PlannerParts {
  readonly desired: DesiredDataplane;
  readonly image: KernelImage;
  readonly drains: DrainBook;
  readonly slowStarts: SlowStartBook;
  readonly completeness: SourceCompleteness;
  readonly takeover: Takeover;
  readonly clock: Pick<Clock, 'now'>;
}

const NOTHING_GUARDED: ReadonlySet<Address> = new Set();

/**
 * Makes the plans of a pass: what the comparison says, tempered by drains, slow starts and what the source has not said
 * yet.
 */
export class PassPlanner {
  readonly #parts: PlannerParts;

  constructor(parts: PlannerParts) {
    this.#parts = parts;
  }

  /** The plans over these keys; those of a round are made and performed when the rounds before have ended. */
  async rounds(keys: KernelKeys): Promise<Generator<Round>> {
    const { takeover, image, clock } = this.#parts;
    const slice = new TimeSlice(clock, STEPS_PER_LOOK);
    const rounds = this.#ownRounds(keys, await inSlices(byAddress(keys), slice));
    return takeover.after(rounds, () => image.state, image.ledgerLost);
  }

  *#ownRounds(keys: KernelKeys, addresses: KeysByAddress): Generator<Round> {
    const { desired, image } = this.#parts;
    const { bound, policy } = image.state;
    const isVip = (address: Address) =>
      desired.bound.has(address) || policy.guarded.has(address) || bound.has(address);
    const urgent = desired.frontendsOf(API_SERVER_SERVICE);
    for (const parts of roundsOf(keys, urgent, isVip, FRONTENDS_PER_PART, addresses))
      yield this.plansOf(parts);
  }

  /** One round of parts that have nothing in common. */
  *plansOf(parts: Iterable<KernelKeys>): Round {
    for (const part of parts) yield this.#plan(part);
  }

  #plan(keys: KernelKeys): Plan {
    const { desired, image, drains, slowStarts, completeness } = this.#parts;
    if (!slowStarts.isUnused) for (const key of keys.frontends) slowStarts.refresh(key, image.state);
    desired.forgetReleased(keys.frontends, image.state);
    image.shareSeen(keys, desired);
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

/** Large enough to fill the kernel's batches, small enough that a plan of it is a short-lived thing. */
const FRONTENDS_PER_PART = 512;

/**
 * The keys of a pass in parts, and these in rounds: a round begins when the one before has ended, the parts of one have
 * nothing in common, so that one may be planned while another is being performed. What goes `first` (the API server's
 * own Service) is a round of its own.
 *
 * At the first start of a large cluster the first Services work long before the last are programmed, and no more than
 * the operations of some parts exist at once.
 */
export function* roundsOf(
  keys: KernelKeys,
  first: readonly FrontendKey[],
  isVip: (address: Address) => boolean,
  frontendsPerPart = FRONTENDS_PER_PART,
  addresses = atOnce(byAddress(keys)),
): Generator<Iterable<KernelKeys>> {
  const urgent = new KernelKeySet();
  for (const key of first) if (keys.frontends.has(key)) urgent.frontends.add(key);
  if (urgent.size > 0) yield [urgent];
  if (keys.frontends.size - urgent.size <= frontendsPerPart)
    yield [urgent.size > 0 ? new KernelKeySet().add(keys).remove(urgent) : keys];
  else yield partsOf(placesOf(addresses, urgent.frontends, isVip), keys.vips, frontendsPerPart);
}

type KeysByAddress = ReadonlyMap<Address, readonly FrontendKey[]>;

/** The frontends of each address, found in pieces, of which none takes long. */
export function* byAddress({ frontends }: KernelKeys): Generator<void, KeysByAddress> {
  const addresses = new Map<Address, FrontendKey[]>();
  for (const key of frontends) {
    const address = addressOf(key);
    const there = addresses.get(address);
    if (there === undefined) addresses.set(address, [key]);
    else there.push(key);
    yield;
  }
  return addresses;
}

/** Frontends that have to be in one part, and their VIP where they have one. */
type Place = readonly [Address | undefined, readonly FrontendKey[]];

function* placesOf(
  addresses: KeysByAddress,
  leftOut: ReadonlySet<FrontendKey>,
  isVip: (address: Address) => boolean,
): Generator<Place> {
  for (const [address, all] of addresses) {
    const frontends = leftOut.size === 0 ? all : all.filter((key) => !leftOut.has(key));
    if (isVip(address) && frontends.length > 0) yield [address, frontends];
    else for (const key of frontends) yield [undefined, [key]];
  }
}

/**
 * All frontends of a VIP are in one part, since whether it stays is judged by all of them. Where `isVip` is false the
 * address is the node's, and its NodePorts, which may be thousands, have nothing else in common. VIPs go with their
 * frontends, and those without any with the last part.
 */
function* partsOf(
  places: Iterable<Place>,
  vips: ReadonlySet<Address>,
  frontendsPerPart: number,
): Generator<KernelKeys> {
  const left = new Set(vips);
  let part = new KernelKeySet();
  for (const [vip, frontends] of places) {
    if (part.frontends.size >= frontendsPerPart) {
      yield part;
      part = new KernelKeySet();
    }
    for (const key of frontends) part.frontends.add(key);
    if (vip !== undefined && left.delete(vip)) part.vips.add(vip);
  }
  for (const address of left) part.vips.add(address);
  yield part;
}

/**
 * Whether the source is complete, as a pass judges it: what it sends while the pass lasts may not be taken in yet.
 * Until then nothing is removed.
 */
export class SourceCompleteness {
  #complete = false;
  #wasHeldBack = false;

  get complete(): boolean {
    return this.#complete;
  }

  /** The source is complete, and removals were held back in a pass before this one. */
  get hasJustCompleted(): boolean {
    return this.#complete && this.#wasHeldBack;
  }

  /** A pass begins. */
  note(source: Pick<ClusterSource, 'complete'>): void {
    this.#complete = source.complete;
  }

  /** The pass has acted on what `hasJustCompleted` says. */
  settle(): void {
    this.#wasHeldBack = !this.#complete;
  }
}
