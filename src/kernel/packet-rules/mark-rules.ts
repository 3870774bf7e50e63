import { FAMILIES, type Family } from '../../model/address.js';
import type { Protocol } from '../../model/protocol.js';
import { setName } from '../packet-sets.js';
import type { InsideMatch } from './inside-match.js';
import { askedFor, forEachFlow, place, setOf } from './rule-words.js';

// Marked or not: IPVS looks for a virtual server of the mark first, and then for one of the address. Packets of established
// connections are marked too, since IPVS may have forgotten what conntrack still knows.
export function markRules(inside: InsideMatch): string[] {
  return FAMILIES.flatMap((family) => {
    const match = inside(family);
    return match === undefined
      ? []
      : [`${match} meta mark set ${place(family)} map @${setOf('inside', family)} accept`.trim()];
  });
}

// What IPVS has chosen a server for needs no mark any more, and others read marks in their own way: kubelet's rules drop what
// has 0x8000 and masquerade what has 0x4000. Only packets that IPVS sends know their connection so early in LOCAL_OUT.
export function unmarkRules(): string[] {
  return ['meta mark 0 accept', ...forEachFlow(unmarkRule)];
}

function unmarkRule(family: Family, protocol: Protocol): string[] {
  const set = setName({ purpose: 'source-kept', family, protocol });
  return [`${askedFor(family, protocol)} @${set} meta mark set 0`];
}
