import type { Family } from './address.js';

/** Services whose traffic policy is Local and whose endpoints are all on other nodes. */
export interface LocalGap {
  readonly family: Family;
  readonly policy: 'internal' | 'external';
  readonly services: number;
}
