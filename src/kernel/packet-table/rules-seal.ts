import { createHash } from 'node:crypto';
import type { Command } from '../nf-tables/transaction.js';
import { LAYOUT_ELEMENT, layoutElement } from './packet-table.js';

/** The element of the layout set that carries the seal. */
const SEAL_ELEMENT = '0.0.0.1';

/** The element of the layout set that carries the key of the firewall marks: 32 hexadecimal digits. */
const MARK_KEY_ELEMENT = '0.0.0.2';

/**
 * A digest of the rules as the kernel told them right after they were written, kept beside their layout. Where they are
 * other by now, somebody changed them. Handles are part of it, and they never come again.
 */
export function sealOf(wording: ArrayBuffer): string {
  return createHash('sha256').update(new Uint8Array(wording)).digest('hex').slice(0, 16);
}

export function sealTransaction(seal: string, markKey: string): Command[] {
  return [layoutElement(SEAL_ELEMENT, seal), layoutElement(MARK_KEY_ELEMENT, markKey)];
}

/** What the layout set says of the rules, and the key of the firewall marks. */
export interface Layout {
  readonly digest: string | undefined;
  readonly seal: string | undefined;
  readonly markKey: string | undefined;
}

export function layoutOf(
  elements: readonly { readonly element: Uint8Array; readonly comment: string }[],
): Layout {
  const commentOf = (text: string) => elements.find(({ element }) => element.join('.') === text)?.comment;
  return {
    digest: commentOf(LAYOUT_ELEMENT),
    seal: commentOf(SEAL_ELEMENT),
    markKey: commentOf(MARK_KEY_ELEMENT),
  };
}
