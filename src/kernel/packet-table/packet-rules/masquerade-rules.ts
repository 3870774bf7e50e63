import type { Family } from '../../../model/address.js';
import type { Protocol } from '../../../model/protocol.js';
import type { PortRange, Rule, Statement } from '../../nf-tables/rule-values.js';
import { DEFAULT_NODE_PORTS, type PacketRulesSettings } from '../packet-rules-settings.js';
import { sentToItself } from './equal-bytes.js';
import {
  arrivesBy,
  askedFor,
  forEachFlow,
  goTo,
  insideMatch,
  isIn,
  isNotIn,
  isWithin,
  jump,
  originalDestination,
  protocolIs,
  setOf,
  sourceAddress,
  sourcePortLacks,
} from './rule-words.js';

/**
 * For clients below port 1024. The kernel by itself takes 600–1023 for those from 512 on, and 1–511 for those below
 * (nf_nat_l4proto_unique_tuple, net/netfilter/nf_nat_core.c); servers that look at the port ask for 512–1023 or for any
 * below 1024, so one range does for both.
 */
const PRIVILEGED_PORTS: PortRange = [600, 1023];

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
  return [...unanswerableRules(family, settings), ...outsideRules(family, settings)];
}

function unanswerableRules(family: Family, settings: PacketRulesSettings): Rule[] {
  return [
    // The host's own client: the kernel chose the VIP itself as source, and no pod could answer to that.
    [isIn([sourceAddress(family)], setOf('guarded', family)), MASQUERADE_NOW],
    ...(settings.vipBinding === 'routes' ? [nodeClientRule(family)] : []),
    // A pod that was sent to itself would see its own address as the client, and answer past the node.
    [...sentToItself(family), MASQUERADE_NOW],
  ];
}

// To a VIP that is no address IPv6 and SCTP choose as source any address of the node, such as one of another network
// that pods on other nodes have no way back to; TCP and UDP of IPv4 still choose the VIP. What the node itself sends
// has come in by no interface.
function nodeClientRule(family: Family): Rule {
  const protocol = family === 'IPv4' ? [protocolIs('SCTP')] : [];
  return [
    ...protocol,
    arrivesBy(''),
    isIn([originalDestination(family)], setOf('guarded', family)),
    MASQUERADE_NOW,
  ];
}

function outsideRules(family: Family, { insideClients }: PacketRulesSettings): Rule[] {
  if (insideClients.kind === 'unknown' || insideClients.kind === 'pods-of-this-node') return [];
  if (insideClients.kind === 'interfaces')
    return [[arrivesBy(insideClients.name, { unlike: true }), MASQUERADE_NOW]];
  const isOutside = isWithin(sourceAddress, family, insideClients.cidrs, { unlike: true });
  return isOutside === undefined ? [] : [[isOutside, MASQUERADE_NOW]];
}

// A pod of another node that uses a NodePort of this one is inside, and its server may be on a third node, which would
// answer it directly. What answers a pod of this node passes here anyway.
export function keepSourceRules(family: Family, settings: PacketRulesSettings): Rule[] {
  const { kind } = settings.insideClients;
  const inside = kind === 'pods-of-this-node' ? undefined : insideMatch(settings)(family);
  const isAtNode = isNotIn([originalDestination(family)], setOf('guarded', family));
  return [
    ...unanswerableRules(family, settings),
    ...(inside === undefined ? [] : [[...inside, isAtNode, MASQUERADE_NOW]]),
  ];
}

/**
 * Where every way to masquerade ends. A server that trusts clients below port 1024 (NFS, RPC) still sees such a port.
 * Bit 1 of a client's port chooses between two ranges; bit 0 would not do, since connect() takes ports of one parity
 * while there are any (__inet_hash_connect, net/ipv4/inet_hashtables.c).
 */
export function masqueradeNowRules({ nodePortRange = DEFAULT_NODE_PORTS }: PacketRulesSettings): Rule[] {
  const isPrivileged = sourcePortLacks(0xfc00);
  const [first, second] = masqueradePorts(nodePortRange);
  return [
    ...(hasPrivileged(nodePortRange) ? [[IS_TRANSPORT, isPrivileged, masquerade(PRIVILEGED_PORTS)]] : []),
    ...(second === undefined ? [] : [[IS_TRANSPORT, sourcePortLacks(0x2), masquerade(second)]]),
    [IS_TRANSPORT, masquerade(first)],
  ];
}

/** All ranges that ports of masqueraded connections come from; no two have a port in common. */
export function masqueradeRanges(nodePortRange: PortRange = DEFAULT_NODE_PORTS): PortRange[] {
  const ordinary = masqueradePorts(nodePortRange).flatMap((range) => (range === undefined ? [] : [range]));
  return hasPrivileged(nodePortRange) ? [PRIVILEGED_PORTS, ...ordinary] : ordinary;
}

function hasPrivileged([least]: PortRange): boolean {
  return least >= 1024;
}

const IS_TRANSPORT = protocolIs('TCP', 'UDP', 'SCTP');

function masquerade(ports: PortRange): Statement {
  return { kind: 'masquerade', ports };
}

/**
 * Source ports of masqueraded connections, in one or two ranges. They stay out of the NodePort range, since a reply to
 * such a port would be taken for a NodePort request (kubernetes/kubernetes#139276). Each range gets half of the
 * connections, so one that is far smaller than the other would be full while that is empty: it is left out.
 */
function masqueradePorts([least, most]: PortRange): [PortRange, PortRange?] {
  const below: PortRange = [1024, least - 1];
  const above: PortRange = [most + 1, 65_535];
  const [small, large] = size(below) < size(above) ? [below, above] : [above, below];
  if (size(large) <= 0) return [[1024, 65_535]];
  return size(small) * 2 < size(large) ? [large] : [large, small];
}

function size([first, last]: PortRange): number {
  return last - first + 1;
}

export function masqueradeChain(family: Family): string {
  return family === 'IPv4' ? 'masquerade-4' : 'masquerade-6';
}

export function keepSourceChain(family: Family): string {
  return family === 'IPv4' ? 'keep-source-4' : 'keep-source-6';
}
