import type { Family } from '../../../model/address.js';
import type { Rule } from '../../nf-tables/rule-values.js';
import { destinationAddress, isIn, setOf } from './rule-words.js';

// A VIP is a local address, so the rule of a hostPort (`fib daddr type local … dnat`) would take its packets to a pod that
// has nothing to do with the Service. The first to decide on a connection's destination decides for all: it stays.
export function keepDestinationRule(family: Family): Rule {
  const daddr = destinationAddress(family);
  return [isIn([daddr], setOf('guarded', family)), { kind: 'dnat', family, to: daddr }];
}
