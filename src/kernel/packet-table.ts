import { createHash } from 'node:crypto';
import type { Family } from '../model/address.js';
import { FAMILIES } from '../model/address.js';
import { PROTOCOLS, type Protocol } from '../model/protocol.js';
import { arpTable } from './arp-table.js';
import { EQUAL_BYTES_DECLARATION, EQUAL_BYTES_SET, fillEqualBytes, sentToItself } from './equal-bytes.js';
import { isMarkMap, PACKET_SETS, type PacketSet, setName } from './packet-sets.js';

/** Ours alone: nothing in it is written by others, and we write nothing outside it. */
export const TABLE = 'kube-ipvs-proxy';

/** The set whose single element carries the digest of the rules, so that a restart need not write them again. */
export const LAYOUT_SET = 'layout';

/** The element of the layout set that carries the digest of the rules. */
export const LAYOUT_ELEMENT = '0.0.0.0';

/** What the constant rules depend on. */
export interface PacketRulesSettings {
  /** Masquerade everything that comes in through a ClusterIP. */
  readonly masqueradeAll: boolean;
  readonly insideClients: InsideClients;
  /** Ranges of Service addresses: packets to one that no Service has are dropped instead of wandering off. */
  readonly serviceCIDRs: readonly string[];
  /** Answer no ARP request for a VIP, on any interface. (Neighbour discovery of IPv6 is as strict by itself.) */
  readonly strictArp?: boolean;
  /** Kernels without nftables for ARP: `strictArp` then has no effect. */
  readonly withoutArp?: boolean;
  /** Kernels that cannot look up a range in a set (before 5.6, or built without): restricted frontends let nobody in. */
  readonly withoutRanges?: boolean;
}

/** The rules, and what of them a kernel may still take where it refuses those before. */
export function lesserRules(settings: PacketRulesSettings): readonly PacketRulesSettings[] {
  const noRanges = { ...settings, withoutRanges: true };
  if (settings.strictArp !== true) return [settings, noRanges];
  return [settings, noRanges, { ...settings, withoutArp: true }, { ...noRanges, withoutArp: true }];
}

/** Without any distinction between clients: enough for whoever only looks, or takes away. */
export const PLAIN_RULES: PacketRulesSettings = {
  masqueradeAll: false,
  insideClients: { kind: 'unknown' },
  serviceCIDRs: [],
};

/**
 * How a pod's packet is told from one of a client outside the cluster. The node's own processes always count as inside.
 * unknown: nobody is masqueraded for being outside, and no pod gets the view of clients inside.
 * interfaces: the name of the interface by which pods' packets arrive, `cni0`, or its beginning, `veth*`.
 */
export type InsideClients =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'addresses'; readonly cidrs: readonly string[] }
  | { readonly kind: 'interfaces'; readonly name: string };

/**
 * Source ports of masqueraded connections. They stay out of the NodePort range (30000–32767), since a reply to such a
 * port would be taken for a NodePort request (kubernetes/kubernetes#139276).
 */
const MASQUERADE_PORTS = '1024-29999';

/**
 * Hook priorities. IPVS takes packets to a VIP at LOCAL_IN 98 and LOCAL_OUT -99 (net/netfilter/ipvs/ip_vs_core.c), and what
 * it has rewritten begins LOCAL_OUT from its start. On input we come right before it; on output also after conntrack (-200),
 * which knows what is new. No other program's rule sees our firewall marks.
 */
const INPUT_PRIORITY = 97;
const OUTPUT_PRIORITY = -110;
/** Before table raw (-300), where other programs' rules begin. */
const UNMARK_PRIORITY = -310;
/** Before whoever rewrites destinations at dstnat (-100). */
const KEEP_PRIORITY = -110;
/** After whoever rewrites destinations: IPVS at LOCAL_OUT -99, and what others do at dstnat (-100). */
const STRAY_PRIORITY = -10;

/** Names the rules: another digest in the kernel means that they are of another version or configuration. */
export function layoutDigest(settings: PacketRulesSettings): string {
  return (
    createHash('sha256')
      .update(skeleton() + tableBody(settings) + arpText(settings))
      // The same rules as where nobody asks for strict ARP, but then it must not be tried again each time.
      .update(settings.withoutArp === true ? 'without ARP' : '')
      .digest('hex')
      .slice(0, 16)
  );
}

/**
 * One transaction that makes the table as it should be and keeps every element of its sets. Adding what exists is
 * no change to nft; chains are emptied and filled in the same transaction, so no packet sees them half full.
 */
export function tableTransaction(settings: PacketRulesSettings): string {
  return [
    tableText(skeleton()),
    ...CHAINS.map((chain) => `flush chain inet ${TABLE} ${chain}`),
    `flush set inet ${TABLE} ${LAYOUT_SET}`,
    `flush set inet ${TABLE} ${EQUAL_BYTES_SET}`,
    fillEqualBytes(TABLE),
    tableText(tableBody(settings)),
    arpText(settings),
    `add element inet ${TABLE} ${LAYOUT_SET} { ${LAYOUT_ELEMENT} comment "${layoutDigest(settings)}" }`,
  ].join('\n');
}

function arpText(settings: PacketRulesSettings): string {
  return shieldsArp(settings) ? arpTable(TABLE) : '';
}

/** Whether there is a table for ARP. */
export function shieldsArp({ strictArp, withoutArp }: PacketRulesSettings): boolean {
  return strictArp === true && withoutArp !== true;
}

export const DELETE_TABLE = `delete table inet ${TABLE}`;

function tableText(body: string): string {
  return `table inet ${TABLE} {\n${body}\n}`;
}

const CHAINS = [
  'prerouting-nat',
  'output-nat',
  'input',
  'output',
  'forward',
  'output-stray',
  'output-unmark',
  'postrouting',
  'restrict',
  'guard',
  ...FAMILIES.flatMap((family) => [masqueradeChain(family), keepSourceChain(family)]),
  'masquerade-now',
];

const BASE_CHAINS: Readonly<Record<string, string>> = {
  'prerouting-nat': `type nat hook prerouting priority ${KEEP_PRIORITY}; policy accept;`,
  'output-nat': `type nat hook output priority ${KEEP_PRIORITY}; policy accept;`,
  input: `type filter hook input priority ${INPUT_PRIORITY}; policy accept;`,
  output: `type filter hook output priority ${OUTPUT_PRIORITY}; policy accept;`,
  forward: `type filter hook forward priority ${STRAY_PRIORITY}; policy accept;`,
  'output-stray': `type filter hook output priority ${STRAY_PRIORITY}; policy accept;`,
  'output-unmark': `type filter hook output priority ${UNMARK_PRIORITY}; policy accept;`,
  postrouting: 'type nat hook postrouting priority srcnat; policy accept;',
};

function skeleton(): string {
  return [
    `  set ${LAYOUT_SET} { type ipv4_addr; }`,
    `  ${EQUAL_BYTES_DECLARATION}`,
    ...PACKET_SETS.map(setText),
    ...CHAINS.map((name) => `  chain ${name} { ${BASE_CHAINS[name] ?? ''} }`),
  ].join('\n');
}

function tableBody(settings: PacketRulesSettings): string {
  return [
    chain('prerouting-nat', FAMILIES.map(keepDestinationRule)),
    chain('output-nat', FAMILIES.map(keepDestinationRule)),
    chain('input', wayIn(insideMatch(settings))),
    chain('output', wayIn(EVERYBODY)),
    chain('forward', strayRules(settings)),
    chain('output-stray', strayRules(settings)),
    chain('output-unmark', ['meta mark 0 accept', ...forEachFlow(unmarkRule)]),
    chain(
      'restrict',
      FAMILIES.map((family) => restrictRule(family, settings)),
    ),
    chain('guard', FAMILIES.flatMap(guardRules)),
    chain('postrouting', forEachFlow(postroutingRules)),
    ...FAMILIES.flatMap((family) => [
      chain(masqueradeChain(family), masqueradeRules(family, settings)),
      chain(keepSourceChain(family), keepSourceRules(family, settings)),
    ]),
    chain('masquerade-now', [
      `meta l4proto { tcp, udp, sctp } masquerade to :${MASQUERADE_PORTS} fully-random`,
    ]),
  ].join('\n');
}

function chain(name: string, rules: readonly string[]): string {
  return [`  chain ${name} {`, ...rules.map((rule) => `    ${rule}`), '  }'].join('\n');
}

// A VIP is a local address, so the rule of a hostPort (`fib daddr type local … dnat`) would take its packets to a pod that
// has nothing to do with the Service. The first to decide on a connection's destination decides for all: it stays.
function keepDestinationRule(family: Family): string {
  const daddr = `${ip(family)} daddr`;
  return `${daddr} @${name('guarded', family)} dnat ${ip(family)} to ${daddr}`;
}

/** For each family the words that match a client inside the cluster; undefined where none can be told. */
type InsideMatch = (family: Family) => string | undefined;

const EVERYBODY: InsideMatch = () => '';

function insideMatch({ insideClients }: PacketRulesSettings): InsideMatch {
  switch (insideClients.kind) {
    case 'unknown':
      return () => undefined;
    case 'interfaces':
      return () => `iifname "${insideClients.name}"`;
    case 'addresses':
      return (family) => {
        const cidrs = ofFamily(insideClients.cidrs, family);
        return cidrs.length === 0 ? undefined : `${ip(family)} saddr { ${cidrs.join(', ')} }`;
      };
  }
}

function ofFamily(cidrs: readonly string[], family: Family): string[] {
  return cidrs.filter((cidr) => cidr.includes(':') === (family === 'IPv6'));
}

// Marked or not: IPVS looks for a virtual server of the mark first, and then for one of the address. Packets of established
// connections are marked too, since IPVS may have forgotten what conntrack still knows.
function wayIn(inside: InsideMatch): string[] {
  const marking = FAMILIES.flatMap((family) => {
    const match = inside(family);
    return match === undefined
      ? []
      : [`${match} meta mark set ${place(family)} map @${name('inside', family)} accept`.trim()];
  });
  return ['ct state { new, untracked } jump restrict', ...marking, 'ct state { new, untracked } jump guard'];
}

// It comes before everything else: clients that may not get through get no answer, whatever the frontend would say.
function restrictRule(family: Family, { withoutRanges = false }: PacketRulesSettings): string {
  if (withoutRanges) return `${place(family)} @${name('restricted', family)} drop`;
  const source = `${place(family)} . ${ip(family)} saddr`;
  return `${place(family)} @${name('restricted', family)} ${source} != @${name('sources', family)} drop`;
}

// A VIP is a local address, so every daemon on 0.0.0.0 would answer on it (kubernetes/kubernetes#72236). The same rule
// refuses Services without endpoints: they are simply not open. A node's own address is not guarded, so what is to be
// refused there has a set of its own.
//
// TCP hears a reset: an ICMP error that answers a SYN within the system call that sent it, as it does below one kernel,
// is only noted, and connect() waits for its second SYN a second later (tcp_v4_err, tcp_v6_err); and ICMP is rationed.
function guardRules(family: Family): string[] {
  const daddr = `${ip(family)} daddr`;
  const closed = `${place(family)} != @${name('open', family)}`;
  return [
    `${place(family)} @${name('dropped', family)} drop`,
    ...REFUSALS.flatMap(([protocols, refuse]) => [
      `${daddr} @${name('guarded', family)} meta l4proto ${protocols} ${closed} ${refuse}`,
      `meta l4proto ${protocols} ${place(family)} @${name('refused', family)} ${refuse}`,
    ]),
  ];
}

const REFUSALS = [
  ['tcp', 'reject with tcp reset'],
  ['{ udp, sctp }', 'reject with icmpx port-unreachable'],
] as const;

// An address of the Service range that no Service has is not local, so its packets would follow the default route and,
// where that leads back, go round until their TTL ends. What another proxy answers has another destination by now.
function strayRules({ serviceCIDRs }: PacketRulesSettings): string[] {
  return FAMILIES.flatMap((family) => {
    const cidrs = ofFamily(serviceCIDRs, family);
    const daddr = `${ip(family)} daddr`;
    return cidrs.length === 0
      ? []
      : [`${daddr} { ${cidrs.join(', ')} } ${daddr} != @${name('guarded', family)} drop`];
  });
}

function forEachFlow(rules: (family: Family, protocol: Protocol) => readonly string[]): string[] {
  return FAMILIES.flatMap((family) => PROTOCOLS.flatMap((protocol) => rules(family, protocol)));
}

// What IPVS has chosen a server for needs no mark any more, and others read marks in their own way: kubelet's rules drop what
// has 0x8000 and masquerade what has 0x4000. Only packets that IPVS sends know their connection so early in LOCAL_OUT.
function unmarkRule(family: Family, protocol: Protocol): string[] {
  const set = setName({ purpose: 'source-kept', family, protocol });
  return [`${askedFor(family, protocol)} @${set} meta mark set 0`];
}

// The protocol has to be matched first: the kernel refuses `ct original proto-dst` without it.
function askedFor(family: Family, protocol: Protocol): string {
  return `meta l4proto ${protocol.toLowerCase()} ct original ${ip(family)} daddr . ct original proto-dst`;
}

function postroutingRules(family: Family, protocol: Protocol): string[] {
  const asked = askedFor(family, protocol);
  const set = (purpose: 'owned' | 'masqueraded' | 'source-kept') => setName({ purpose, family, protocol });
  return [
    `${asked} @${set('masqueraded')} goto masquerade-now`,
    `${asked} @${set('source-kept')} goto ${keepSourceChain(family)}`,
    `${asked} @${set('owned')} jump ${masqueradeChain(family)}`,
  ];
}

function masqueradeRules(family: Family, settings: PacketRulesSettings): string[] {
  if (settings.masqueradeAll) return ['goto masquerade-now'];
  return [...unanswerableRules(family), ...outsideRules(family, settings)];
}

function unanswerableRules(family: Family): string[] {
  const saddr = `${ip(family)} saddr`;
  return [
    // The host's own client: the kernel chose the VIP itself as source, and no pod could answer to that.
    `${saddr} @${name('guarded', family)} goto masquerade-now`,
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
function keepSourceRules(family: Family, settings: PacketRulesSettings): string[] {
  const inside = insideMatch(settings)(family);
  const atNode = `ct original ${ip(family)} daddr != @${name('guarded', family)}`;
  return [
    ...unanswerableRules(family),
    ...(inside === undefined ? [] : [`${inside} ${atNode} goto masquerade-now`]),
  ];
}

/** `map inside-4 { type ipv4_addr . inet_proto . inet_service : mark; }` */
function setText(set: PacketSet): string {
  if (isMarkMap(set)) return `  map ${setName(set)} { type ${keyType(set)} : mark; }`;
  const flags = set.purpose === 'sources' ? ' flags interval;' : '';
  return `  set ${setName(set)} { type ${keyType(set)};${flags} }`;
}

function keyType(set: PacketSet): string {
  const address = set.family === 'IPv4' ? 'ipv4_addr' : 'ipv6_addr';
  if ('protocol' in set) return `${address} . inet_service`;
  switch (set.purpose) {
    case 'guarded':
      return address;
    case 'sources':
      return `${address} . inet_proto . inet_service . ${address}`;
    default:
      return `${address} . inet_proto . inet_service`;
  }
}

function name(purpose: Exclude<PacketSet, { protocol: Protocol }>['purpose'], family: Family): string {
  return setName({ purpose, family });
}

/** What a packet asks for, as the sets of frontends have it. */
function place(family: Family): string {
  return `${ip(family)} daddr . meta l4proto . th dport`;
}

function ip(family: Family): string {
  return family === 'IPv4' ? 'ip' : 'ip6';
}

function masqueradeChain(family: Family): string {
  return family === 'IPv4' ? 'masquerade-4' : 'masquerade-6';
}

function keepSourceChain(family: Family): string {
  return family === 'IPv4' ? 'keep-source-4' : 'keep-source-6';
}
