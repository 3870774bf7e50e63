import { createHash } from 'node:crypto';
import { ADDRESS_PARTS } from '../native/records.js';
import type { SetDeclaration } from '../nf-tables/rule-values.js';
import type { Command, TableName } from '../nf-tables/transaction.js';
import { ARP_SET, arpTable } from './arp-table.js';
import { EQUAL_BYTES, EQUAL_BYTES_SET, EQUAL_PAIRS } from './packet-rules/equal-bytes.js';
import { ANSWERING_SETS } from './packet-rules/out-of-window-rules.js';
import { packetChains } from './packet-rules/packet-chains.js';
import { DEFAULT_NODE_PORTS, hasArpTable, type PacketRulesSettings } from './packet-rules-settings.js';
import { PACKET_SETS, setDeclaration, setName } from './packet-sets.js';

/** Ours alone: nothing in it is written by others, and we write nothing outside it. */
export const TABLE = 'kube-ipvs-proxy';

const NAME: TableName = { family: 'inet', table: TABLE };

/** The set whose elements carry what is known of the rules, so that a restart need not write them again. */
const LAYOUT_SET = 'layout';

/** The element of the layout set that carries the digest of the rules. */
export const LAYOUT_ELEMENT = '0.0.0.0';

export const DELETE_TABLE: readonly Command[] = [{ ...NAME, kind: 'delete-table' }];

const SETS: readonly SetDeclaration[] = [
  { name: LAYOUT_SET, key: ['ipv4_addr'] },
  EQUAL_BYTES,
  ...ANSWERING_SETS,
  ...PACKET_SETS.map(setDeclaration),
];

/** Raised where the same settings become other rules, or other bytes, so that nodes with the old ones get the new. */
const RULES_VERSION = 2;

/** Names the rules: another digest in the kernel means that they are of another version or configuration. */
export function layoutDigest(settings: PacketRulesSettings): string {
  const known = DIGESTS.get(settings);
  if (known !== undefined) return known;
  const digest = createHash('sha256')
    .update(JSON.stringify(namedBy(settings)))
    .digest('hex')
    .slice(0, 16);
  DIGESTS.set(settings, digest);
  return digest;
}

// The digest is asked for every few seconds, of settings that stay the same.
const DIGESTS = new WeakMap<PacketRulesSettings, string>();

// Not the rules themselves: a restart that finds them in the kernel would put them together for nothing else.
function namedBy(settings: PacketRulesSettings): readonly unknown[] {
  const { masqueradeAll, insideClients, serviceCIDRs, nodePortRange = DEFAULT_NODE_PORTS } = settings;
  const {
    strictArp = false,
    vipBinding = 'addresses',
    withoutArp = false,
    withoutSockets = false,
  } = settings;
  return [
    RULES_VERSION,
    masqueradeAll,
    insideClients,
    serviceCIDRs,
    nodePortRange,
    strictArp,
    vipBinding,
    withoutArp,
    withoutSockets,
  ];
}

/**
 * One transaction that makes the table as it should be and keeps every element of its sets. Adding what exists is
 * no change to nf_tables; chains are emptied and filled in the same transaction, so no packet sees them half full.
 */
export function tableTransaction(settings: PacketRulesSettings): Command[] {
  return [
    ...packetTable(settings),
    ...(hasArpTable(settings) ? arpTable(TABLE) : []),
    layoutElement(LAYOUT_ELEMENT, layoutDigest(settings)),
  ];
}

/** Adds something that is known of the rules to the layout set. */
export function layoutElement(address: string, comment: string): Command {
  const key = Uint8Array.from(address.split('.'), Number);
  return { ...NAME, kind: 'add-elements', set: LAYOUT_SET, elements: [{ key, comment }] };
}

function packetTable(settings: PacketRulesSettings): Command[] {
  const chains = packetChains(settings);
  return [
    { ...NAME, kind: 'add-table' },
    ...SETS.map((set) => ({ ...NAME, kind: 'add-set', set }) as const),
    ...chains.map((chain) => ({ ...NAME, kind: 'add-chain', chain }) as const),
    ...chains.map(({ name }) => ({ ...NAME, kind: 'flush-chain', chain: name }) as const),
    { ...NAME, kind: 'flush-set', set: LAYOUT_SET },
    { ...NAME, kind: 'flush-set', set: EQUAL_BYTES_SET },
    { ...NAME, kind: 'add-elements', set: EQUAL_BYTES_SET, elements: EQUAL_PAIRS },
    ...chains.flatMap(({ name, rules }) =>
      rules.map((rule) => ({ ...NAME, kind: 'add-rule', chain: name, rule }) as const),
    ),
  ];
}

/** Every set that the addon is asked about; it knows them by their index here. */
export const HANDLE_SETS: readonly string[] = [
  ...PACKET_SETS.map(setName),
  LAYOUT_SET,
  `arp:${ARP_SET}`,
  EQUAL_BYTES_SET,
];

export const LAYOUT_INDEX = PACKET_SETS.length;

/** After the sets of the table and the layout. */
export const ARP_INDEX = PACKET_SETS.length + 1;

/** For spellSets(). */
export const ARP_LAYOUT: Uint8Array = Uint8Array.of(ARP_INDEX, ADDRESS_PARTS, 0);

export const EQUAL_BYTES_INDEX = PACKET_SETS.length + 2;

export const GUARDED_4 = PACKET_SETS.findIndex(
  ({ purpose, family }) => purpose === 'guarded' && family === 'IPv4',
);
