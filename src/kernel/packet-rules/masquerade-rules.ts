import type { Family } from '../../model/address.js';
import type { Protocol } from '../../model/protocol.js';
import { sentToItself } from '../equal-bytes.js';
import type { PacketRulesSettings } from '../packet-rules-settings.js';
import { setName } from '../packet-sets.js';
import { insideMatch } from './inside-match.js';
import { askedFor, forEachFlow, ip, ofFamily, setOf } from './rule-words.js';

/**
 * Source ports of masqueraded connections. They stay out of the NodePort range (30000–32767), since a reply to such a
 * port would be taken for a NodePort request (kubernetes/kubernetes#139276).
 */
const MASQUERADE_PORTS = '1024-29999';

/** Which chain decides on the source of a connection through IPVS. */
export function postroutingRules(): string[] {
  return forEachFlow(flowRules);
}

function flowRules(family: Family, protocol: Protocol): string[] {
  const asked = askedFor(family, protocol);
  const set = (purpose: 'owned' | 'masqueraded' | 'source-kept') => setName({ purpose, family, protocol });
  return [
    `${asked} @${set('masqueraded')} goto masquerade-now`,
    `${asked} @${set('source-kept')} goto ${keepSourceChain(family)}`,
    `${asked} @${set('owned')} jump ${masqueradeChain(family)}`,
  ];
}

export function masqueradeRules(family: Family, settings: PacketRulesSettings): string[] {
  if (settings.masqueradeAll) return ['goto masquerade-now'];
  return [...unanswerableRules(family), ...outsideRules(family, settings)];
}

function unanswerableRules(family: Family): string[] {
  const saddr = `${ip(family)} saddr`;
  return [
    // The host's own client: the kernel chose the VIP itself as source, and no pod could answer to that.
    `${saddr} @${setOf('guarded', family)} goto masquerade-now`,
    // A pod that was sent to itself would see its own address as the client, and answer past the node.
    `${sentToItself(family)} goto masquerade-now`,
  ];
}

function outsideRules(family: Family, { insideClients }: PacketRulesSettings): string[] {
  if (insideClients.kind === 'unknown') return [];
  if (insideClients.kind === 'interfaces') return [`iifname != "${insideClients.name}" goto masquerade-now`];
  const cidrs = ofFamily(insideClients.cidrs, family);
  return cidrs.length === 0 ? [] : [`${ip(family)} saddr != { ${cidrs.join(', ')} } goto masquerade-now`];
}

// A pod of another node that uses a NodePort of this one is inside, and its server may be on a third node, which would
// answer it directly.
export function keepSourceRules(family: Family, settings: PacketRulesSettings): string[] {
  const inside = insideMatch(settings)(family);
  const atNode = `ct original ${ip(family)} daddr != @${setOf('guarded', family)}`;
  return [
    ...unanswerableRules(family),
    ...(inside === undefined ? [] : [`${inside} ${atNode} goto masquerade-now`]),
  ];
}

/** Where every way to masquerade ends. */
export function masqueradeNowRules(): string[] {
  return [`meta l4proto { tcp, udp, sctp } masquerade to :${MASQUERADE_PORTS} fully-random`];
}

export function masqueradeChain(family: Family): string {
  return family === 'IPv4' ? 'masquerade-4' : 'masquerade-6';
}

export function keepSourceChain(family: Family): string {
  return family === 'IPv4' ? 'keep-source-4' : 'keep-source-6';
}
