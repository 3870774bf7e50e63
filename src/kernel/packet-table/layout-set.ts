import { createHash } from 'node:crypto';
import type { Command } from '../nf-tables/transaction.js';
import type { PacketRulesSettings } from './packet-rules-settings.js';
import { LAYOUT_ELEMENT, layoutElement } from './packet-table.js';

/** The element of the layout set that carries the digest of the dumped rules. */
const DUMP_DIGEST_ELEMENT = '0.0.0.1';

/** The element of the layout set that carries the key of the firewall marks: 32 hexadecimal digits. */
const MARK_KEY_ELEMENT = '0.0.0.2';

/**
 * A digest of the rules as the kernel dumped them right after they were written, kept beside their layout. Where they
 * are other by now, somebody changed them. Handles are part of it, and they never come again.
 */
export function dumpDigestOf(rawRules: ArrayBuffer): string {
  return createHash('sha256').update(new Uint8Array(rawRules)).digest('hex').slice(0, 16);
}

export function dumpDigestTransaction(dumpDigest: string, markKey: string): Command[] {
  return [layoutElement(DUMP_DIGEST_ELEMENT, dumpDigest), layoutElement(MARK_KEY_ELEMENT, markKey)];
}

/** What the layout set says of the rules, and the key of the firewall marks. */
export interface Layout {
  readonly digest: string | undefined;
  readonly dumpDigest: string | undefined;
  readonly markKey: string | undefined;
}

export function layoutOf(
  elements: readonly { readonly element: Uint8Array; readonly comment: string }[],
): Layout {
  const commentOf = (text: string) => elements.find(({ element }) => element.join('.') === text)?.comment;
  return {
    digest: commentOf(LAYOUT_ELEMENT),
    dumpDigest: commentOf(DUMP_DIGEST_ELEMENT),
    markKey: commentOf(MARK_KEY_ELEMENT),
  };
}

/**
 * What the rules in the kernel were made from, as far as only the cluster can tell it: noted beside the rules, so that
 * a start that does not know it yet keeps them as they are.
 */
export interface StandingRules {
  /** Ranges of clients inside; undefined where the rules do not tell those by address. */
  readonly insideCIDRs: readonly string[] | undefined;
  readonly serviceCIDRs: readonly string[];
}

/**
 * Each range is an element of the layout set; this one says that clients inside are recognised by address, by however
 * many ranges.
 */
const BY_ADDRESS = '0.1.0.0';
const INSIDE = [0, 1];
const SERVICES = [0, 2];

export function standingElements({ insideClients, serviceCIDRs }: PacketRulesSettings): Command[] {
  const inside = 'cidrs' in insideClients ? insideClients.cidrs : [];
  return [
    ...('cidrs' in insideClients ? [layoutElement(BY_ADDRESS, 'inside by address')] : []),
    ...inside.map((cidr, index) => layoutElement([...INSIDE, ...twoBytes(index + 1)].join('.'), cidr)),
    ...serviceCIDRs.map((cidr, index) =>
      layoutElement([...SERVICES, ...twoBytes(index + 1)].join('.'), cidr),
    ),
  ];
}

/** Undefined where the layout set is empty: there are no rules. */
export function standingRulesOf(
  elements: readonly { readonly element: Uint8Array; readonly comment: string }[],
): StandingRules | undefined {
  if (elements.length === 0) return undefined;
  const rangesOf = (kind: readonly number[]) =>
    elements
      .filter(({ element }) => element[1] === kind[1] && placeOf(element) > 0)
      .sort((a, b) => placeOf(a.element) - placeOf(b.element))
      .map(({ comment }) => comment);
  const isByAddress = elements.some(({ element }) => element.join('.') === BY_ADDRESS);
  return { insideCIDRs: isByAddress ? rangesOf(INSIDE) : undefined, serviceCIDRs: rangesOf(SERVICES) };
}

function twoBytes(number: number): number[] {
  return [number >> 8, number & 0xff];
}

function placeOf(element: Uint8Array): number {
  return ((element[2] ?? 0) << 8) | (element[3] ?? 0);
}
