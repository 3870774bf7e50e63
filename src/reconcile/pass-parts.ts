import type { FrontendKey } from '../model/frontend.js';
import { KernelKeySet, type KernelKeys } from '../model/kernel-keys.js';

/** Large enough to fill the kernel's batches, small enough that a plan of it is a short-lived thing. */
const FRONTENDS_PER_PART = 512;

/**
 * The keys of a pass in parts that are planned and performed one after the other, each from what the kernel has
 * acknowledged by then. At the first start of a large cluster the first Services work long before the last are programmed,
 * and no more than a part's operations exist at once. Frontends that go `first` (the API server's own Service) are a
 * part of their own; VIPs go with their frontends, and those without any with the last part.
 */
export function* partsOf(keys: KernelKeys, first: readonly FrontendKey[]): Generator<KernelKeys> {
  const urgent = new Set(first.filter((key) => keys.frontends.has(key)));
  if (urgent.size === 0 && keys.frontends.size <= FRONTENDS_PER_PART) {
    yield keys;
    return;
  }
  let part = new KernelKeySet();
  for (const key of urgent) part.frontends.add(key);
  if (urgent.size > 0) {
    yield part;
    part = new KernelKeySet();
  }
  for (const key of keys.frontends) {
    if (urgent.has(key)) continue;
    if (part.frontends.size >= FRONTENDS_PER_PART) {
      yield part;
      part = new KernelKeySet();
    }
    part.frontends.add(key);
  }
  for (const address of keys.vips) part.vips.add(address);
  yield part;
}
