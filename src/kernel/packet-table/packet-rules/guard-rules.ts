import { FAMILIES, type Family } from '../../../model/address.js';
import type { Rule, Statement } from '../../nf-tables/rule-values.js';
import type { PacketRulesSettings } from '../packet-rules-settings.js';
import {
  answeredPlace,
  DROP,
  destinationAddress,
  isIn,
  isNotIn,
  isWithin,
  place,
  protocolIs,
  setOf,
  sourceAddress,
} from './rule-words.js';

// A VIP is a local address, so every daemon on 0.0.0.0 would answer on it (kubernetes/kubernetes#72236). The same rule
// refuses Services without endpoints: they are simply not open. A node's own address is not guarded, so what is to be
// refused there has a set of its own. What a process of the node has at a VIP (`node-local`) is looked up last: only
// packets that would be refused get there. So are its answers to clients of the node itself, whose address is the VIP
// too: the rules of NodeLocal DNSCache keep connection tracking away from the question, and then the answer is new.
//
// TCP is answered by a reset: an ICMP error that answers a SYN within the system call that sent it, as it does below
// one kernel, is only noted, and connect() waits for its second SYN a second later (tcp_v4_err, tcp_v6_err); and ICMP
// is rationed.
export function guardRules(family: Family): Rule[] {
  const isGuarded = isIn([destinationAddress(family)], setOf('guarded', family));
  const isClosed = isNotIn(place(family), setOf('open', family));
  const isNotNodeLocal = [place(family), answeredPlace(family)].map((fields) =>
    isNotIn(fields, setOf('node-local', family)),
  );
  const isRefused = isIn(place(family), setOf('refused', family));
  return [
    [isIn(place(family), setOf('dropped', family)), DROP],
    ...REFUSALS.flatMap(([protocols, refuse]) => [
      [isGuarded, protocols, isClosed, ...isNotNodeLocal, refuse],
      [protocols, isRefused, refuse],
    ]),
  ];
}

const REFUSALS: readonly (readonly [Statement, Statement])[] = [
  [protocolIs('TCP'), { kind: 'reject', answer: 'tcp-reset' }],
  [protocolIs('UDP', 'SCTP'), { kind: 'reject', answer: 'port-unreachable' }],
];

// It comes before everything else: clients that may not get through get no answer, whatever the frontend would say.
//
// The protocol is one byte and has no byte order. nft 1.0.6 converts it in a set of ranges all the same, two bytes of a
// length of one, which does nothing and which newer kernels refuse (nft_byteorder_init: EOPNOTSUPP).
export function restrictRule(family: Family): Rule {
  const source = [...place(family), sourceAddress(family)];
  return [isIn(place(family), setOf('restricted', family)), isNotIn(source, setOf('sources', family)), DROP];
}

// An address of the Service range that no Service has is not local, so its packets would follow the default route and,
// where that leads back, go round until their TTL ends. What another proxy answers has another destination by now.
export function unassignedAddressRules({ serviceCIDRs }: PacketRulesSettings): Rule[] {
  return FAMILIES.flatMap((family) => {
    const isService = isWithin(destinationAddress, family, serviceCIDRs);
    const isUnknown = isNotIn([destinationAddress(family)], setOf('guarded', family));
    return isService === undefined ? [] : [[isService, isUnknown, DROP]];
  });
}

// A VIP is a local address, so the rule of a hostPort (`fib daddr type local … dnat`) would take its packets to a pod
// that has nothing to do with the Service. The first to decide on a connection's destination decides for all: it stays.
export function keepDestinationRule(family: Family): Rule {
  const daddr = destinationAddress(family);
  return [isIn([daddr], setOf('guarded', family)), { kind: 'dnat', family, to: daddr }];
}
