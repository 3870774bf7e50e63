import { keyParts, type ServiceKey } from '../model/service-key.js';

const MOST_NAMED = 5;
/** Edits of a name after which it may still have been meant. */
const MOST_EDITS = 3;

/**
 * The Services that somebody may have meant: of that name in another namespace, or with a few typing errors in it.
 */
export function nearestServices(wanted: ServiceKey, all: Iterable<ServiceKey>): ServiceKey[] {
  const { namespace, name } = keyParts(wanted);
  const near: { readonly key: ServiceKey; readonly edits: number }[] = [];
  for (const key of all) {
    const its = keyParts(key);
    const edits = editDistance(name, its.name);
    const isNear = edits <= Math.min(MOST_EDITS, Math.floor(name.length / 3)) || its.name.includes(name);
    // Another namespace is half an edit: the same name elsewhere comes before another name here.
    if (isNear) near.push({ key, edits: edits + (namespace === its.namespace ? 0 : 0.5) });
  }
  near.sort((a, b) => a.edits - b.edits || (a.key < b.key ? -1 : 1));
  return near.slice(0, MOST_NAMED).map(({ key }) => key);
}

/** Letters to put in, leave out or exchange (Levenshtein); two that changed places are one edit. */
export function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > MOST_EDITS) return MOST_EDITS + 1;
  let [before, last] = [[] as number[], Array.from({ length: b.length + 1 }, (_, index) => index)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      const exchanged = (last[j - 1] ?? 0) + (isSame ? 0 : 1);
      let edits = Math.min(exchanged, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        edits = Math.min(edits, (before[j - 2] ?? 0) + 1);
      row.push(edits);
    }
    [before, last] = [last, row];
  }
  return last[b.length] ?? 0;
}
