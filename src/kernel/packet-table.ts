import { createHash } from 'node:crypto';
import { arpTable } from './arp-table.js';
import { EQUAL_BYTES_DECLARATION, EQUAL_BYTES_SET, fillEqualBytes } from './equal-bytes.js';
import { CHAINS, chainDeclarations, filledChains } from './packet-rules/packet-chains.js';
import { setDeclaration } from './packet-rules/set-declaration.js';
import { type PacketRulesSettings, shieldsArp } from './packet-rules-settings.js';
import { PACKET_SETS } from './packet-sets.js';

/** Ours alone: nothing in it is written by others, and we write nothing outside it. */
export const TABLE = 'kube-ipvs-proxy';

/** The set whose single element carries the digest of the rules, so that a restart need not write them again. */
export const LAYOUT_SET = 'layout';

/** The element of the layout set that carries the digest of the rules. */
export const LAYOUT_ELEMENT = '0.0.0.0';

export const DELETE_TABLE = `delete table inet ${TABLE}`;

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

function tableText(body: string): string {
  return `table inet ${TABLE} {\n${body}\n}`;
}

function skeleton(): string {
  return [
    `  set ${LAYOUT_SET} { type ipv4_addr; }`,
    `  ${EQUAL_BYTES_DECLARATION}`,
    ...PACKET_SETS.map(setDeclaration),
    ...chainDeclarations(),
  ].join('\n');
}

function tableBody(settings: PacketRulesSettings): string {
  return filledChains(settings).join('\n');
}
