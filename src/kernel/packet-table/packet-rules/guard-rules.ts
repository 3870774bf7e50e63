import type { Family } from '../../../model/address.js';
import type { Rule, Statement } from '../../nf-tables/rule-values.js';
import { DROP, destinationAddress, isIn, isNotIn, place, protocolIs, setOf } from './rule-words.js';

// A VIP is a local address, so every daemon on 0.0.0.0 would answer on it (kubernetes/kubernetes#72236). The same rule
// refuses Services without endpoints: they are simply not open. A node's own address is not guarded, so what is to be
// refused there has a set of its own.
//
// TCP hears a reset: an ICMP error that answers a SYN within the system call that sent it, as it does below one kernel,
// is only noted, and connect() waits for its second SYN a second later (tcp_v4_err, tcp_v6_err); and ICMP is rationed.
export function guardRules(family: Family): Rule[] {
  const isGuarded = isIn([destinationAddress(family)], setOf('guarded', family));
  const isClosed = isNotIn(place(family), setOf('open', family));
  const isRefused = isIn(place(family), setOf('refused', family));
  return [
    [isIn(place(family), setOf('dropped', family)), DROP],
    ...REFUSALS.flatMap(([protocols, refuse]) => [
      [isGuarded, protocols, isClosed, refuse],
      [protocols, isRefused, refuse],
    ]),
  ];
}

const REFUSALS: readonly (readonly [Statement, Statement])[] = [
  [protocolIs('TCP'), { kind: 'reject', answer: 'tcp-reset' }],
  [protocolIs('UDP', 'SCTP'), { kind: 'reject', answer: 'port-unreachable' }],
];
