import { shown } from '../api-objects/shown.js';
import { IGNORED_KINDS } from './ignored-kinds.js';
import { SUPPORTED_KINDS, type SupportedKind } from './supported-kinds.js';

/** What a document says it is. */
export type DocumentKind =
  | { readonly kind: 'list'; readonly items: unknown }
  | { readonly kind: 'supported'; readonly supported: SupportedKind }
  | { readonly kind: 'ignored' }
  /** `found` completes a sentence that begins with the place of the document. */
  | { readonly kind: 'unknown'; readonly found: string };

/** For remedies. */
export const SUPPORTED_TEXT = `Supported are ${SUPPORTED_KINDS.map(titleOf).join(', ')}, and List (v1) of these.`;

export function documentKind(value: unknown): DocumentKind {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { kind: 'unknown', found: `is ${shown(value)}, expected an object with kind and apiVersion.` };
  }
  const { kind, apiVersion, items } = value as Readonly<Record<string, unknown>>;
  if (kind === 'List' && apiVersion === 'v1') return { kind: 'list', items };
  const supported = SUPPORTED_KINDS.find((known) => known.kind === kind && known.apiVersion === apiVersion);
  if (supported !== undefined) return { kind: 'supported', supported };
  if (typeof kind === 'string' && IGNORED_KINDS.has(kind)) return { kind: 'ignored' };
  return {
    kind: 'unknown',
    found: `has kind ${shown(kind)} and apiVersion ${shown(apiVersion)}; it is left out.`,
  };
}

function titleOf({ kind, apiVersion }: SupportedKind): string {
  return `${kind} (${apiVersion})`;
}
