import type { Family } from '../../../model/address.js';
import type { Rule } from '../../nf-tables/rule-values.js';
import { DROP, isIn, isNotIn, place, setOf, sourceAddress } from './rule-words.js';

// It comes before everything else: clients that may not get through get no answer, whatever the frontend would say.
//
// The protocol is one byte and has no byte order. nft 1.0.6 converts it in a set of ranges all the same, two bytes of a
// length of one, which does nothing and which newer kernels refuse (nft_byteorder_init: EOPNOTSUPP).
export function restrictRule(family: Family): Rule {
  const source = [...place(family), sourceAddress(family)];
  return [isIn(place(family), setOf('restricted', family)), isNotIn(source, setOf('sources', family)), DROP];
}
