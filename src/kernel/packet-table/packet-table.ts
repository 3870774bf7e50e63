import { createHash } from 'node:crypto';
import type { SetDeclaration } from '../nf-tables/rule-values.js';
import {
  type Command,
  type EncodedTransaction,
  encodeTransaction,
  joinedTransactions,
  type TableName,
} from '../nf-tables/transaction.js';
import { ARP_SET, arpTable } from './arp-table.js';
import { EQUAL_BYTES, EQUAL_BYTES_SET, EQUAL_PAIRS } from './packet-rules/equal-bytes.js';
import { ANSWERING_SETS } from './packet-rules/out-of-window-rules.js';
import { packetChains } from './packet-rules/packet-chains.js';
import { hasArpTable, type PacketRulesSettings } from './packet-rules-settings.js';
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

/** The rules of some settings as messages, and the digest by which the kernel is told to have them. */
interface EncodedTable {
  readonly transaction: EncodedTransaction;
  readonly digest: string;
}

/** Names the rules: another digest in the kernel means that they are of another version or configuration. */
export function layoutDigest(settings: PacketRulesSettings): string {
  return encodedTable(settings).digest;
}

function encodedTable(settings: PacketRulesSettings): EncodedTable {
  const known = ENCODED.get(settings);
  if (known !== undefined) return known;
  const transaction = encodeTransaction(tableAndArp(settings));
  const encoded = { transaction, digest: digestOf(transaction, settings) };
  ENCODED.set(settings, encoded);
  return encoded;
}

// The digest is asked for every few seconds, of settings that stay the same; a start asks for it and then writes the
// rules, and putting them together takes most of the time.
const ENCODED = new WeakMap<PacketRulesSettings, EncodedTable>();

function digestOf({ bytes }: EncodedTransaction, settings: PacketRulesSettings): string {
  return (
    createHash('sha256')
      .update(bytes)
      // The same rules as where nobody asks for strict ARP, but then it must not be tried again each time.
      .update(settings.withoutArp === true ? 'without ARP' : '')
      .digest('hex')
      .slice(0, 16)
  );
}

/**
 * One transaction that makes the table as it should be and keeps every element of its sets. Adding what exists is
 * no change to nf_tables; chains are emptied and filled in the same transaction, so no packet sees them half full.
 * Behind it come other elements of the layout set.
 */
export function encodedTableTransaction(
  settings: PacketRulesSettings,
  elements: readonly Command[],
): EncodedTransaction {
  const { transaction, digest } = encodedTable(settings);
  return joinedTransactions(
    transaction,
    encodeTransaction([layoutElement(LAYOUT_ELEMENT, digest), ...elements]),
  );
}

/** The same as commands. */
export function tableTransaction(settings: PacketRulesSettings): Command[] {
  return [...tableAndArp(settings), layoutElement(LAYOUT_ELEMENT, layoutDigest(settings))];
}

/** Adds something that is known of the rules to the layout set. */
export function layoutElement(address: string, comment: string): Command {
  const key = Uint8Array.from(address.split('.'), Number);
  return { ...NAME, kind: 'add-elements', set: LAYOUT_SET, elements: [{ key, comment }] };
}

function tableAndArp(settings: PacketRulesSettings): Command[] {
  return [...packetTable(settings), ...(hasArpTable(settings) ? arpTable(TABLE) : [])];
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

export const EQUAL_BYTES_INDEX = PACKET_SETS.length + 2;

export const GUARDED_4 = PACKET_SETS.findIndex(
  ({ purpose, family }) => purpose === 'guarded' && family === 'IPv4',
);
