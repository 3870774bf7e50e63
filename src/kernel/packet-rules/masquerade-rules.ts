import type { Family } from '../../model/address.js';
import type { Protocol } from '../../model/protocol.js';
import { sentToItself } from '../equal-bytes.js';
import type { PortRange, Rule } from '../nf-tables/rule-values.js';
import type { PacketRulesSettings } from '../packet-rules-settings.js';
import { insideMatch } from './inside-match.js';
import {
  arrivesBy,
  askedFor,
  forEachFlow,
  goTo,
  isIn,
  isNotIn,
  isWithin,
  jump,
  originalDestination,
  protocolIs,
  setOf,
  sourceAddress,
} from './rule-words.js';

/**
 * Source ports of masqueraded connections. They stay out of the NodePort range (30000–32767), since a reply to such a
 * port would be taken for a NodePort request (kubernetes/kubernetes#139276).
 */
const MASQUERADE_PORTS: PortRange = [1024, 29999];

const MASQUERADE_NOW = goTo('masquerade-now');

/** Which chain decides on the source of a connection through IPVS. */
export function postroutingRules(): Rule[] {
  return forEachFlow(flowRules);
}

function flowRules(family: Family, protocol: Protocol): Rule[] {
  return [
    [...askedFor(family, protocol, 'masqueraded'), MASQUERADE_NOW],
    [...askedFor(family, protocol, 'source-kept'), goTo(keepSourceChain(family))],
    [...askedFor(family, protocol, 'owned'), jump(masqueradeChain(family))],
  ];
}

export function masqueradeRules(family: Family, settings: PacketRulesSettings): Rule[] {
  if (settings.masqueradeAll) return [[MASQUERADE_NOW]];
  return [...unanswerableRules(family), ...outsideRules(family, settings)];
}

function unanswerableRules(family: Family): Rule[] {
  return [
    // The host's own client: the kernel chose the VIP itself as source, and no pod could answer to that.
    [isIn([sourceAddress(family)], setOf('guarded', family)), MASQUERADE_NOW],
    // A pod that was sent to itself would see its own address as the client, and answer past the node.
    [...sentToItself(family), MASQUERADE_NOW],
  ];
}

function outsideRules(family: Family, { insideClients }: PacketRulesSettings): Rule[] {
  if (insideClients.kind === 'unknown') return [];
  if (insideClients.kind === 'interfaces')
    return [[arrivesBy(insideClients.name, { unlike: true }), MASQUERADE_NOW]];
  const isOutside = isWithin(sourceAddress, family, insideClients.cidrs, { unlike: true });
  return isOutside === undefined ? [] : [[isOutside, MASQUERADE_NOW]];
}

// A pod of another node that uses a NodePort of this one is inside, and its server may be on a third node, which would
// answer it directly.
export function keepSourceRules(family: Family, settings: PacketRulesSettings): Rule[] {
  const inside = insideMatch(settings)(family);
  const isAtNode = isNotIn([originalDestination(family)], setOf('guarded', family));
  return [
    ...unanswerableRules(family),
    ...(inside === undefined ? [] : [[...inside, isAtNode, MASQUERADE_NOW]]),
  ];
}

/** Where every way to masquerade ends. */
export function masqueradeNowRules(): Rule[] {
  return [[protocolIs('TCP', 'UDP', 'SCTP'), { kind: 'masquerade', ports: MASQUERADE_PORTS }]];
}

export function masqueradeChain(family: Family): string {
  return family === 'IPv4' ? 'masquerade-4' : 'masquerade-6';
}

export function keepSourceChain(family: Family): string {
  return family === 'IPv4' ? 'keep-source-4' : 'keep-source-6';
}
