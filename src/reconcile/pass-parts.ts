import type { Address } from '../model/address.js';
import { addressOf, type FrontendKey } from '../model/frontend.js';
import { KernelKeySet, type KernelKeys } from '../model/kernel-keys.js';

/** Large enough to fill the kernel's batches, small enough that a plan of it is a short-lived thing. */
const FRONTENDS_PER_PART = 512;

/**
 * The keys of a pass in parts, and these in rounds: a round begins when the one before has ended, the parts of one have nothing
 * in common, so that one may be planned while another is being performed. What goes `first` (the API server's own Service) is
 * a round of its own.
 *
 * At the first start of a large cluster the first Services work long before the last are programmed, and no more than the
 * operations of some parts exist at once.
 */
export function* roundsOf(
  keys: KernelKeys,
  first: readonly FrontendKey[],
  isVip: (address: Address) => boolean,
  frontendsPerPart = FRONTENDS_PER_PART,
): Generator<Iterable<KernelKeys>> {
  const urgent = new KernelKeySet();
  for (const key of first) if (keys.frontends.has(key)) urgent.frontends.add(key);
  if (urgent.size > 0) yield [urgent];
  yield partsOf(
    urgent.size > 0 ? new KernelKeySet().add(keys).remove(urgent) : keys,
    isVip,
    frontendsPerPart,
  );
}

/**
 * All frontends of a VIP are in one part, since whether it stays is judged by all of them. Where `isVip` is false the address
 * is the node's, and its NodePorts, which may be thousands, have nothing else in common. VIPs go with their frontends, and those
 * without any with the last part.
 */
function* partsOf(
  keys: KernelKeys,
  isVip: (address: Address) => boolean,
  frontendsPerPart: number,
): Generator<KernelKeys> {
  if (keys.frontends.size <= frontendsPerPart) {
    yield keys;
    return;
  }
  const vips = new Set(keys.vips);
  let part = new KernelKeySet();
  for (const [place, frontends] of frontendsByPlace(keys.frontends, isVip)) {
    if (part.frontends.size >= frontendsPerPart) {
      yield part;
      part = new KernelKeySet();
    }
    for (const key of frontends) part.frontends.add(key);
    if (vips.delete(place as Address)) part.vips.add(place as Address);
  }
  for (const address of vips) part.vips.add(address);
  yield part;
}

function frontendsByPlace(
  keys: ReadonlySet<FrontendKey>,
  isVip: (address: Address) => boolean,
): Map<Address | FrontendKey, FrontendKey[]> {
  const places = new Map<Address | FrontendKey, FrontendKey[]>();
  for (const key of keys) {
    const address = addressOf(key);
    const place = isVip(address) ? address : key;
    const there = places.get(place);
    if (there === undefined) places.set(place, [key]);
    else there.push(key);
  }
  return places;
}
