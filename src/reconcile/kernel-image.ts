import type { Kernel, KernelChange } from '../kernel/kernel.js';
import { type Address, familyOf } from '../model/address.js';
import type { LookResult } from '../model/counters.js';
import { type AllowedSources, type Dataplane, TRAFFIC_SETS } from '../model/dataplane.js';
import { DataplaneState } from '../model/dataplane-state.js';
import { type Frontend, type FrontendKey, isInside, isNameless, nameless } from '../model/frontend.js';
import { KernelKeySet, type KernelKeys } from '../model/kernel-keys.js';
import type { Operation } from '../model/operation.js';
import { sameServer, type VirtualServer } from '../model/virtual-server.js';
import { isLedgerLost } from '../plan/adoption.js';
import type { Plan } from '../plan/plan.js';

/** The stages in which what is known of virtual and real servers changes, but for drains. */
const SERVER_STAGES: readonly string[] = ['create', 'balance', 'delete'];

/** Whether a virtual server outside the ledger is ours all the same; `bound`: the addresses of the dummy device. */
type Inherits = (frontend: Frontend, bound: ReadonlySet<Address>) => boolean;

/**
 * What the kernel has acknowledged so far. It is filled by one full look, kept by folding acknowledgements, and
 * corrected by looking again wherever an answer was lost or contradicts it. Every correction answers with the keys it
 * concerns.
 */
export class KernelImage {
  #state = new DataplaneState();
  #known = false;
  #ledgerLost = false;
  /** Whether all that the last full look saw has been held as the desired objects, as far as it is as desired. */
  #isShared = false;
  #nameless: Set<FrontendKey> = new Set();
  readonly #unsure = new Map<FrontendKey, Frontend>();
  readonly #inherits: Inherits;

  constructor(inherits: Inherits = () => false) {
    this.#inherits = inherits;
  }

  get state(): DataplaneState {
    return this.#state;
  }

  /** False before the first look and after answers that only a full look can settle. */
  get known(): boolean {
    return this.#known;
  }

  /**
   * Whether the last full look found no ledger, and what is not desired at addresses of our device has still to be
   * judged.
   */
  get ledgerLost(): boolean {
    return this.#ledgerLost;
  }

  /** What is not desired has been judged. */
  settleLostLedger(): void {
    this.#ledgerLost = false;
  }

  /** Whether anything is in doubt. */
  get isDoubted(): boolean {
    return this.#unsure.size > 0;
  }

  forget(): void {
    this.#known = false;
  }

  /** Everything of ours at these addresses. */
  keysAt(addresses: Iterable<Address>): KernelKeySet {
    const keys = new KernelKeySet();
    for (const address of addresses) {
      keys.vips.add(address);
      for (const key of this.#state.frontendsAt(address)) keys.frontends.add(key);
    }
    return keys;
  }

  doubt(frontends: Iterable<FrontendKey>, desired: Dataplane): void {
    for (const key of frontends) {
      const frontend = this.#frontend(key, desired);
      if (frontend !== undefined) this.#unsure.set(key, frontend);
    }
  }

  /** A frontend that another program held may be free by now. */
  doubtForeign(keys: KernelKeys, desired: Dataplane): void {
    this.doubt(
      [...keys.frontends].filter((key) => this.#state.foreign.has(key)),
      desired,
    );
  }

  /** One full look at everything of ours. */
  async lookAtAll(kernel: Kernel): Promise<void> {
    const { virtualServers: before, foreign } = this.#state;
    const { dataplane, foreign: others } = await kernel.observe(before);
    this.#nameless = namelessKeys(dataplane);
    for (const key of foreign) disclaim(key, dataplane);
    for (const server of others)
      if (this.#inherits(server.frontend, dataplane.bound)) {
        dataplane.foreign.delete(server.frontend.key);
        dataplane.putVirtualServer(server);
      }
    this.#state = dataplane;
    this.#ledgerLost = isLedgerLost(dataplane);
    // On a new node there is nothing to share.
    this.#isShared = dataplane.virtualServers.size + dataplane.policy.owned.size === 0;
    this.#known = true;
    this.#unsure.clear();
  }

  /**
   * Whether there are views of clients inside of which the ledger does not say any more what stands behind their marks.
   */
  get hasNameless(): boolean {
    for (const key of this.#nameless) if (!this.#state.virtualServers.has(key)) this.#nameless.delete(key);
    return this.#nameless.size > 0;
  }

  /** Gives them their frontends back as far as they are wanted; the keys of those. In pieces, of which none takes long. */
  *identify(desired: Dataplane): Generator<void, KernelKeySet> {
    const keys = new KernelKeySet();
    if (!this.hasNameless) return keys;
    for (const { frontend } of desired.virtualServers.values()) {
      if (isInside(frontend) && this.#identify(frontend)) keys.frontends.add(frontend.key);
      yield;
    }
    return keys;
  }

  #identify(frontend: Frontend): boolean {
    const { key } = nameless(familyOf(frontend.address), frontend.mark);
    const seen = this.#state.virtualServers.get(key);
    if (seen === undefined) return false;
    this.#state.removeVirtualServer(seen.frontend);
    this.#state.putVirtualServer({ ...seen, frontend });
    return true;
  }

  /** After a plan: what is as desired now is held as the desired objects, or all of it would be in memory twice. */
  shareProgrammed(plan: Plan, { virtualServers, policy }: Dataplane): void {
    let latest: FrontendKey | undefined;
    for (const { name, operations } of plan) {
      if (!SERVER_STAGES.includes(name)) continue;
      for (let index = 0; index < operations.length; index++) {
        const operation = operations[index] as Operation;
        if (!('frontend' in operation) || operation.frontend.key === latest) continue;
        latest = operation.frontend.key;
        const wanted = virtualServers.get(latest);
        const owned = policy.owned.get(latest);
        if (wanted !== undefined) this.#state.share(wanted);
        if (owned !== undefined) this.#state.policy.shareOwnership(owned);
      }
    }
  }

  /** The same before a plan after a full look: what is one object on both sides need not be compared again. */
  shareSeen({ frontends }: KernelKeys, { virtualServers, policy }: Dataplane): void {
    if (this.#isShared) return;
    const { filledTraffic } = this.#state.policy;
    for (const key of frontends) {
      const wanted = virtualServers.get(key);
      const owned = policy.owned.get(key);
      if (wanted !== undefined) this.#state.share(wanted);
      if (owned !== undefined) this.#state.policy.share(owned, filledTraffic);
    }
  }

  /** The source is complete, and all that the full look saw has been planned. */
  endSharing(): void {
    this.#isShared = true;
  }

  /** Looks again at the frontends in doubt; those that cannot be seen stay in doubt. */
  async settleDoubts(kernel: Kernel): Promise<KernelKeys> {
    const keys = new KernelKeySet();
    const frontends = [...this.#unsure.values()];
    if (frontends.length === 0) return keys;
    const results = await kernel.look(frontends);
    frontends.forEach((frontend, index) => {
      const result = results[index];
      if (result === undefined || result.kind === 'unknown') return;
      this.#unsure.delete(frontend.key);
      this.correct(frontend, result);
      keys.frontends.add(frontend.key);
    });
    return keys;
  }

  /** Takes the frontends in doubt out of the keys, and answers with them. */
  takeDoubtful({ frontends }: KernelKeySet): KernelKeySet {
    const doubtful = new KernelKeySet();
    if (!this.isDoubted) return doubtful;
    for (const key of frontends) if (this.#unsure.has(key)) doubtful.frontends.add(key);
    for (const key of doubtful.frontends) frontends.delete(key);
    return doubtful;
  }

  /** Takes over what was seen of one frontend; true where the image said something else. */
  correct(frontend: Frontend, result: LookResult): boolean {
    const known = this.#state.virtualServers.get(frontend.key);
    const foreign = this.#state.foreign.has(frontend.key);
    const ours = known !== undefined || this.#state.policy.owned.has(frontend.key);
    if (result.kind === 'unknown') return false;
    if (result.kind === 'present' && result.server.untagged === true) {
      const inherited = !ours && this.#inherits(frontend, this.#state.bound);
      if (foreign && !inherited) return false;
      if (!ours && !inherited) return this.#setForeign(frontend);
    }
    this.#state.foreign.delete(frontend.key);
    const seen = result.kind === 'present' ? result.server : undefined;
    if (sameOrBothAbsent(known, seen)) return false;
    if (seen === undefined) this.#state.removeVirtualServer(frontend);
    else this.#state.putVirtualServer(seen);
    return true;
  }

  /**
   * Takes over addresses and sets; the keys of what others had removed or added. Where a firewall mark has become
   * another, only a full look shows which virtual server that is. In pieces, of which none takes long; the image is
   * as before until the last.
   */
  *correctAddressesAndSets(seen: Pick<Dataplane, 'bound' | 'policy'>): Generator<void, KernelKeySet> {
    const { bound, policy } = this.#state;
    const keys = new KernelKeySet();
    yield* addDifference(keys.vips, bound, seen.bound);
    yield* addDifference(keys.vips, policy.guarded, seen.policy.guarded);
    yield* addDifference(keys.frontends, policy.owned, seen.policy.owned);
    yield* addDifference(keys.frontends, policy.open, seen.policy.open);
    for (const set of TRAFFIC_SETS)
      yield* addDifference(keys.frontends, policy.traffic[set], seen.policy.traffic[set]);
    yield* addDifferentSources(keys.frontends, policy.sources, seen.policy.sources);
    const owned = yield* hasOtherMark(policy.owned, seen.policy.owned, ({ frontend }) => frontend);
    const open = yield* hasOtherMark(policy.open, seen.policy.open, (frontend) => frontend);
    yield* this.#state.putAddressesAndSetsInPieces(seen);
    if (owned || open) this.#known = false;
    return keys;
  }

  /** Takes in a notification about what is ours; the keys of what has to be put right. */
  correctByNotice(change: Exclude<KernelChange, { kind: 'node-addresses' }>): KernelKeySet {
    const keys = new KernelKeySet();
    if (change.kind === 'address-removed') {
      if (this.#state.bound.delete(change.address)) keys.vips.add(change.address);
      return keys;
    }
    this.#known = false;
    const lost: ReadonlySet<Address> = change.kind === 'device-removed' ? this.#state.bound : new Set();
    for (const address of lost) keys.vips.add(address);
    return keys;
  }

  #setForeign(frontend: Frontend): true {
    this.#state.foreign.add(frontend.key);
    return true;
  }

  #frontend(key: FrontendKey, desired: Dataplane): Frontend | undefined {
    return (
      this.#state.virtualServers.get(key)?.frontend ??
      desired.virtualServers.get(key)?.frontend ??
      this.#state.policy.owned.get(key)?.frontend
    );
  }
}

// The ledger entry of a server that turned out to be another program's may not have been given back yet.
function disclaim(key: FrontendKey, observed: DataplaneState): void {
  const server = observed.virtualServers.get(key);
  if (server?.untagged !== true) return;
  observed.removeVirtualServer(server.frontend);
  observed.foreign.add(key);
}

function namelessKeys({ virtualServers }: Dataplane): Set<FrontendKey> {
  const keys = new Set<FrontendKey>();
  for (const { frontend } of virtualServers.values()) if (isNameless(frontend)) keys.add(frontend.key);
  return keys;
}

function sameOrBothAbsent(a: VirtualServer | undefined, b: VirtualServer | undefined): boolean {
  return a === undefined || b === undefined ? a === b : sameServer(a, b);
}

function* hasOtherMark<T>(
  known: ReadonlyMap<FrontendKey, T>,
  seen: ReadonlyMap<FrontendKey, T>,
  frontendOf: (entry: T) => Frontend,
): Generator<void, boolean> {
  for (const [key, entry] of known) {
    const { mark } = frontendOf(entry);
    const other = mark === 0 ? undefined : seen.get(key);
    if (other !== undefined && frontendOf(other).mark !== mark) return true;
    yield;
  }
  return false;
}

function* addDifferentSources(keys: Set<FrontendKey>, a: Sources, b: Sources): Generator<void, void> {
  yield* addDifference(keys, a, b);
  for (const [key, { cidrs }] of a) {
    const others = b.get(key)?.cidrs ?? cidrs;
    if ([...cidrs.keys()].some((cidr) => !others.has(cidr)) || others.size > cidrs.size) keys.add(key);
    yield;
  }
}

type Sources = ReadonlyMap<FrontendKey, AllowedSources>;

interface Members<T> {
  has(member: T): boolean;
  keys(): IterableIterator<T>;
}

/** Adds those that only one of the two has. */
function* addDifference<T>(target: Set<T>, a: Members<T>, b: Members<T>): Generator<void, void> {
  for (const member of a.keys()) {
    if (!b.has(member)) target.add(member);
    yield;
  }
  for (const member of b.keys()) {
    if (!a.has(member)) target.add(member);
    yield;
  }
}
