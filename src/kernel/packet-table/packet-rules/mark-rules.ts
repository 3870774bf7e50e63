import { FAMILIES } from '../../../model/address.js';
import { OWN_MARKS } from '../../../model/frontend.js';
import { hostOrder32 } from '../../nf-tables/attributes.js';
import type { Rule } from '../../nf-tables/rule-values.js';
import {
  ACCEPT,
  askedFor,
  asksFor,
  forEachFlow,
  type InsideMatch,
  MARK,
  PRIORITY,
  place,
  setMark,
  setOf,
} from './rule-words.js';

// Marked or not: IPVS looks for a virtual server of the mark first, and then for one of the address. Packets of
// established connections are marked too, since IPVS may have forgotten what conntrack still knows.
export function markRules(inside: InsideMatch): Rule[] {
  return FAMILIES.flatMap((family) => {
    const match = inside(family);
    const map = { map: setOf('inside', family), keys: place(family) };
    return match === undefined ? [] : [[...match, setMark(map), ACCEPT]];
  });
}

// IPVS compares all 32 bits of the mark, so what another program has put there waits in the packet's priority, which
// IPVS leaves alone (nft's own language has no words for this: marks and priorities are of different types to it). It
// does so for clients outside as well, who get no mark of ours: on the way out nothing tells the ones from the others.
export function keepMarkRules(): Rule[] {
  return forEachFlow((family, protocol) => [
    [...asksFor(family, protocol, 'source-kept'), { kind: 'assign', to: 'priority', value: { field: MARK } }],
  ]);
}

// Behind the rules above: a packet that comes with one of our marks all the same has it from somebody else. IPVS looks
// a mark up before anything else, so whatever is so marked would go to the pods of that view, wherever it wants to go.
export function foreignMarkRule(): Rule {
  const { mask, value } = OWN_MARKS;
  const isOurs = {
    kind: 'compare',
    field: MARK,
    value: hostOrder32(value),
    mask: hostOrder32(mask),
  } as const;
  return [isOurs, setMark({ constant: 0 })];
}

// What IPVS has chosen a server for needs our mark no more, and others read marks in their own way: kubelet's rules
// drop what has 0x8000 and masquerade what has 0x4000. Only packets that IPVS sends know their connection so early in
// LOCAL_OUT. The priority that the packet came with is lost; the kernel gives received packets none, and the queues of
// a device take 0 for that.
export function unmarkRules(): Rule[] {
  return [
    // Nobody had marked it, and we neither: its priority is 0 as well.
    [{ kind: 'compare', field: MARK, value: hostOrder32(0) }, ACCEPT],
    ...forEachFlow((family, protocol) => [
      [
        ...askedFor(family, protocol, 'source-kept'),
        setMark({ field: PRIORITY }),
        { kind: 'assign', to: 'priority', value: { constant: 0 } } as const,
      ],
    ]),
  ];
}
