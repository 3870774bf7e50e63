import { createHash } from 'node:crypto';
import type { Family } from '../model/address.js';
import { FAMILIES } from '../model/address.js';
import { PROTOCOLS, type Protocol } from '../model/protocol.js';
import { PACKET_SETS, type PacketSet, setName } from './packet-sets.js';

/** Ours alone: nothing in it is written by others, and we write nothing outside it. */
export const TABLE = 'kube-ipvs-proxy';

/** The set whose single element carries the digest of the rules, so that a restart need not write them again. */
export const LAYOUT_SET = 'layout';

/** What the constant rules depend on. */
export interface PacketRulesSettings {
  /** Masquerade everything that comes in through a frontend. */
  readonly masqueradeAll: boolean;
  /** Pod addresses of the cluster as CIDRs; clients outside are masqueraded. Empty: no such distinction. */
  readonly clusterCIDRs: readonly string[];
}

/**
 * Source ports of masqueraded connections. They stay out of the NodePort range (30000–32767), since a reply to such a
 * port would be taken for a NodePort request (kubernetes/kubernetes#139276).
 */
const MASQUERADE_PORTS = '1024-29999';

/**
 * Hook priorities. IPVS takes packets to a VIP at LOCAL_IN 98 and LOCAL_OUT -99 (net/netfilter/ipvs/ip_vs_core.c), so
 * refusing has to come before: on output also after conntrack (-200), which knows what is new.
 */
const INPUT_PRIORITY = -10;
const OUTPUT_PRIORITY = -110;

/** Names the rules: another digest in the kernel means that they are of another version or configuration. */
export function layoutDigest(settings: PacketRulesSettings): string {
  return createHash('sha256').update(tableBody(settings)).digest('hex').slice(0, 16);
}

/**
 * One transaction that makes the table as it should be and keeps every element of its sets. Adding what exists is
 * no change to nft; chains are emptied and filled in the same transaction, so no packet sees them half full.
 */
export function tableTransaction(settings: PacketRulesSettings): string {
  const chains = [
    'input',
    'output',
    'postrouting',
    'guard',
    ...FAMILIES.map(masqueradeChain),
    'masquerade-now',
  ];
  return [
    tableText(skeleton()),
    ...chains.map((chain) => `flush chain inet ${TABLE} ${chain}`),
    `flush set inet ${TABLE} ${LAYOUT_SET}`,
    tableText(tableBody(settings)),
    `add element inet ${TABLE} ${LAYOUT_SET} { 0.0.0.0 comment "${layoutDigest(settings)}" }`,
  ].join('\n');
}

export const DELETE_TABLE = `delete table inet ${TABLE}`;

function tableText(body: string): string {
  return `table inet ${TABLE} {\n${body}\n}`;
}

function skeleton(): string {
  return [
    `  set ${LAYOUT_SET} { type ipv4_addr; }`,
    ...PACKET_SETS.map((set) => `  set ${setName(set)} { type ${setType(set)}; }`),
    '  chain masquerade-now { }',
    ...FAMILIES.map((family) => `  chain ${masqueradeChain(family)} { }`),
    '  chain guard { }',
    `  chain input { type filter hook input priority ${INPUT_PRIORITY}; policy accept; }`,
    `  chain output { type filter hook output priority ${OUTPUT_PRIORITY}; policy accept; }`,
    '  chain postrouting { type nat hook postrouting priority srcnat; policy accept; }',
  ].join('\n');
}

function tableBody(settings: PacketRulesSettings): string {
  return [
    chain('input', ['ct state { new, untracked } jump guard']),
    chain('output', ['ct state { new, untracked } jump guard']),
    chain('guard', FAMILIES.flatMap(guardRules)),
    chain(
      'postrouting',
      FAMILIES.flatMap((family) => PROTOCOLS.map((name) => postroutingRule(family, name))),
    ),
    ...FAMILIES.map((family) => chain(masqueradeChain(family), masqueradeRules(family, settings))),
    chain('masquerade-now', [
      `meta l4proto { tcp, udp, sctp } masquerade to :${MASQUERADE_PORTS} fully-random`,
    ]),
  ].join('\n');
}

function chain(name: string, rules: readonly string[]): string {
  return [`  chain ${name} {`, ...rules.map((rule) => `    ${rule}`), '  }'].join('\n');
}

// A VIP is a local address, so every daemon on 0.0.0.0 would answer on it (kubernetes/kubernetes#72236). The same rule
// refuses Services without endpoints: they are simply not open.
//
// TCP hears a reset: an ICMP error that answers a SYN within the system call that sent it, as it does below one kernel,
// is only noted, and connect() waits for its second SYN a second later (tcp_v4_err, tcp_v6_err); and ICMP is rationed.
function guardRules(family: Family): string[] {
  const daddr = `${ip(family)} daddr`;
  const refused = `${daddr} . meta l4proto . th dport != @${name('open', family)}`;
  const guarded = `${daddr} @${name('guarded', family)}`;
  return [
    `${guarded} meta l4proto tcp ${refused} reject with tcp reset`,
    `${guarded} meta l4proto { udp, sctp } ${refused} reject with icmpx port-unreachable`,
  ];
}

// The protocol has to be matched first: the kernel refuses `ct original proto-dst` without it.
function postroutingRule(family: Family, protocol: Protocol): string {
  const set = setName({ purpose: 'owned', family, protocol });
  return (
    `meta l4proto ${protocol.toLowerCase()} ct original ${ip(family)} daddr . ct original proto-dst ` +
    `@${set} jump ${masqueradeChain(family)}`
  );
}

function masqueradeRules(family: Family, { masqueradeAll, clusterCIDRs }: PacketRulesSettings): string[] {
  if (masqueradeAll) return ['goto masquerade-now'];
  const saddr = `${ip(family)} saddr`;
  const cidrs = clusterCIDRs.filter((cidr) => cidr.includes(':') === (family === 'IPv6'));
  return [
    // The host's own client: the kernel chose the VIP itself as source, and no pod could answer to that.
    `${saddr} @${name('guarded', family)} goto masquerade-now`,
    `${saddr} . ${ip(family)} daddr @${name('hairpins', family)} goto masquerade-now`,
    ...(cidrs.length === 0 ? [] : [`${saddr} != { ${cidrs.join(', ')} } goto masquerade-now`]),
  ];
}

function setType(set: PacketSet): string {
  const address = set.family === 'IPv4' ? 'ipv4_addr' : 'ipv6_addr';
  switch (set.purpose) {
    case 'guarded':
      return address;
    case 'hairpins':
      return `${address} . ${address}`;
    case 'open':
      return `${address} . inet_proto . inet_service`;
    case 'owned':
      return `${address} . inet_service`;
  }
}

function name(purpose: 'guarded' | 'open' | 'hairpins', family: Family): string {
  return setName({ purpose, family });
}

function ip(family: Family): string {
  return family === 'IPv4' ? 'ip' : 'ip6';
}

function masqueradeChain(family: Family): string {
  return family === 'IPv4' ? 'masquerade-4' : 'masquerade-6';
}
