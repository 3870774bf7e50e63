import type { Address } from './address.js';
import { atOnce, KEYS_IN_PIECE } from './clock.js';
import { type Dataplane, TRAFFIC_SETS } from './dataplane.js';
import type { FrontendKey } from './frontend.js';

/** The parts of the data plane that a change touches: the unit of comparison, of retry and of drift. */
export interface KernelKeys {
  readonly frontends: ReadonlySet<FrontendKey>;
  readonly vips: ReadonlySet<Address>;
}

/** A growing collection of keys. */
export class KernelKeySet implements KernelKeys {
  readonly frontends = new Set<FrontendKey>();
  readonly vips = new Set<Address>();

  get size(): number {
    return this.frontends.size + this.vips.size;
  }

  add(keys: KernelKeys): this {
    for (const key of keys.frontends) this.frontends.add(key);
    for (const address of keys.vips) this.vips.add(address);
    return this;
  }

  remove(keys: KernelKeys): this {
    for (const key of keys.frontends) this.frontends.delete(key);
    for (const address of keys.vips) this.vips.delete(address);
    return this;
  }
}

/** The keys of everything in a data plane. */
export function allKeys(dataplane: Dataplane): KernelKeySet {
  const keys = new KernelKeySet();
  atOnce(addAllKeys(dataplane, keys));
  return keys;
}

/** The same, added to `keys` in pieces, of which none takes long. */
export function* addAllKeys(
  { virtualServers, bound, policy }: Dataplane,
  keys: KernelKeySet,
): Generator<void, void> {
  const traffic = TRAFFIC_SETS.map((set) => policy.traffic[set]);
  for (const map of [virtualServers, policy.owned, policy.open, policy.sources, ...traffic])
    yield* addInPieces(keys.frontends, map.keys());
  for (const set of [bound, policy.guarded]) yield* addInPieces(keys.vips, set);
}

function* addInPieces<T>(target: Set<T>, members: Iterable<T>): Generator<void, void> {
  let count = 0;
  for (const member of members) {
    target.add(member);
    if (++count % KEYS_IN_PIECE === 0) yield;
  }
}
