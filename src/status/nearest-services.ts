import { keyParts, type ServiceKey } from '../model/service-key.js';

const MOST_NAMED = 5;
/** Slips in a name that still make it the same name. */
const MOST_SLIPS = 3;

/**
 * The Services that somebody may have meant: of that name in another namespace, or with a few slips in name or
 * namespace.
 */
export function nearestServices(wanted: ServiceKey, all: Iterable<ServiceKey>): ServiceKey[] {
  const { namespace, name } = keyParts(wanted);
  const near: { readonly key: ServiceKey; readonly slips: number }[] = [];
  for (const key of all) {
    const its = keyParts(key);
    const slips = slipsBetween(name, its.name);
    const isNear = slips <= Math.min(MOST_SLIPS, Math.floor(name.length / 3)) || its.name.includes(name);
    // Another namespace is half a slip: the same name elsewhere comes before another name here.
    if (isNear) near.push({ key, slips: slips + (namespace === its.namespace ? 0 : 0.5) });
  }
  near.sort((a, b) => a.slips - b.slips || (a.key < b.key ? -1 : 1));
  return near.slice(0, MOST_NAMED).map(({ key }) => key);
}

/** Letters to put in, leave out or exchange (Levenshtein); two that changed places are one slip. */
export function slipsBetween(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > MOST_SLIPS) return MOST_SLIPS + 1;
  let [before, last] = [[] as number[], Array.from({ length: b.length + 1 }, (_, index) => index)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      const exchanged = (last[j - 1] ?? 0) + (isSame ? 0 : 1);
      let slips = Math.min(exchanged, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        slips = Math.min(slips, (before[j - 2] ?? 0) + 1);
      row.push(slips);
    }
    [before, last] = [last, row];
  }
  return last[b.length] ?? 0;
}
