import type { Family } from '../../model/address.js';
import { ip, setOf } from './rule-words.js';

// A VIP is a local address, so the rule of a hostPort (`fib daddr type local … dnat`) would take its packets to a pod that
// has nothing to do with the Service. The first to decide on a connection's destination decides for all: it stays.
export function keepDestinationRule(family: Family): string {
  const daddr = `${ip(family)} daddr`;
  return `${daddr} @${setOf('guarded', family)} dnat ${ip(family)} to ${daddr}`;
}
