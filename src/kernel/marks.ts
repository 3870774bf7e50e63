import { type Family, familyOf } from '../model/address.js';
import type { Ownership } from '../model/dataplane.js';
import { type Frontend, isInside } from '../model/frontend.js';
import type { MarkKey } from './native/records.js';

/** What stands behind a firewall mark of ours. */
export interface Marks {
  at(key: MarkKey): Frontend | undefined;
}

/** As the ledger says it, or whoever remembers it: a virtual server keyed by a mark shows no address. Who comes last is right. */
export function marksOf(owned: Iterable<Pick<Ownership, 'frontend'>>): Marks {
  const marks = new Map<string, Frontend>();
  for (const { frontend } of owned)
    if (isInside(frontend)) marks.set(markName(familyOf(frontend.address), frontend.mark), frontend);
  return { at: ({ family, mark }) => marks.get(markName(family, mark)) };
}

function markName(family: Family, mark: number): string {
  return `${family} ${mark}`;
}
