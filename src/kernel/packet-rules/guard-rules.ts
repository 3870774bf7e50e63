import type { Family } from '../../model/address.js';
import { ip, place, setOf } from './rule-words.js';

// A VIP is a local address, so every daemon on 0.0.0.0 would answer on it (kubernetes/kubernetes#72236). The same rule
// refuses Services without endpoints: they are simply not open. A node's own address is not guarded, so what is to be
// refused there has a set of its own.
//
// TCP hears a reset: an ICMP error that answers a SYN within the system call that sent it, as it does below one kernel,
// is only noted, and connect() waits for its second SYN a second later (tcp_v4_err, tcp_v6_err); and ICMP is rationed.
export function guardRules(family: Family): string[] {
  const daddr = `${ip(family)} daddr`;
  const closed = `${place(family)} != @${setOf('open', family)}`;
  return [
    `${place(family)} @${setOf('dropped', family)} drop`,
    ...REFUSALS.flatMap(([protocols, refuse]) => [
      `${daddr} @${setOf('guarded', family)} meta l4proto ${protocols} ${closed} ${refuse}`,
      `meta l4proto ${protocols} ${place(family)} @${setOf('refused', family)} ${refuse}`,
    ]),
  ];
}

const REFUSALS = [
  ['tcp', 'reject with tcp reset'],
  ['{ udp, sctp }', 'reject with icmpx port-unreachable'],
] as const;
