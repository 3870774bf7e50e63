import { FAMILIES, type Family } from '../../../model/address.js';
import type { DataType, Rule, SetDeclaration } from '../../nf-tables/rule-values.js';
import type { PacketRulesSettings } from '../packet-rules-settings.js';
import {
  DROP,
  destinationAddress,
  destinationPort,
  goesToOwned,
  goTo,
  isIn,
  jump,
  protocolIs,
  RETURN,
  socketIsTransparent,
  sourceAddress,
  sourcePort,
} from './rule-words.js';

// A segment out of the window belongs to no connection for conntrack, so nobody would masquerade it: IPVS would send it
// on with the client's own address, and the pod's answer, which nobody translates back, would make the client reset the
// connection. What goes elsewhere than to our virtual servers is not concerned.
export function outOfWindowRules(): Rule[] {
  return FAMILIES.map((family) => [...goesToOwned(family, 'TCP'), DROP]);
}

// Nor would anybody translate the answer of a pod to a masqueraded client: it stays with the node, whose address is not
// the client's, and the node would reset the connection. Where the client keeps its address, IPVS translates such
// answers itself.
export function outOfWindowInputRules({ withoutSockets }: PacketRulesSettings): Rule[] {
  if (withoutSockets === true) return [[jump('out-of-window')]];
  return [
    [jump('out-of-window')],
    ...FAMILIES.map((family) => [
      protocolIs('TCP'),
      isIn([sourceAddress(family), sourcePort], answeringSet(family)),
      goTo('unless-expected'),
    ]),
  ];
}

// The node's own programs talk to pods too (the kubelet's probes); what a socket waits for is left to that.
export function unlessExpectedRules({ withoutSockets }: PacketRulesSettings): Rule[] {
  if (withoutSockets === true) return [];
  return [[socketIsTransparent(false), RETURN], [socketIsTransparent(true), RETURN], [DROP]];
}

/** As long as conntrack keeps a connection that says nothing (nf_conntrack_tcp_timeout_established). */
const FIVE_DAYS = 432_000;

// Only the first packet of a connection passes here. Where a set is full, the rule ends and the next one goes on.
export function rememberAnsweringRules(): Rule[] {
  return FAMILIES.map((family) => [
    protocolIs('TCP'),
    {
      kind: 'remember',
      fields: [destinationAddress(family), destinationPort],
      set: answeringSet(family),
      seconds: FIVE_DAYS,
    },
  ]);
}

const ADDRESS_TYPES = { IPv4: 'ipv4_addr', IPv6: 'ipv6_addr' } as const satisfies Record<Family, DataType>;

/** Which pods, at which ports, answer masqueraded connections. The rules fill them, and nobody else reads them. */
export const ANSWERING_SETS: readonly SetDeclaration[] = FAMILIES.map((family) => ({
  name: answeringSet(family),
  key: [ADDRESS_TYPES[family], 'inet_service'],
  remembers: true,
  size: 65_535,
}));

function answeringSet(family: Family): string {
  return family === 'IPv4' ? 'answering-4' : 'answering-6';
}
