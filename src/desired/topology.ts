import type { Endpoint } from '../model/endpoint-slice.js';
import type { Candidates } from './candidates.js';
import type { NodeSettings } from './node-settings.js';

/** The place of which the ready endpoints say that they are for it, and which this node is, or is in. */
export interface Preference {
  readonly kind: 'node' | 'zone';
  readonly name: string;
}

/**
 * What the hints of the ready endpoints say for this node: by node (KEP-3015) before by zone (KEP-2433).
 *
 * Hints count only where every ready endpoint has one and one of them names this place. A slice that was written before
 * the hints, or a zone whose last endpoint has gone, would otherwise overload the rest or leave nobody to answer.
 */
export function preferenceOf(
  { endpoints }: Candidates,
  { name, zone }: NodeSettings,
): Preference | undefined {
  if (name !== undefined && areHinted(endpoints, 'node', name)) return { kind: 'node', name };
  if (zone !== undefined && areHinted(endpoints, 'zone', zone)) return { kind: 'zone', name: zone };
  return undefined;
}

export function isPreferred(endpoint: Endpoint, preference: Preference): boolean {
  return hintsOf(endpoint, preference.kind)?.includes(preference.name) === true;
}

function areHinted(endpoints: readonly Endpoint[], kind: Preference['kind'], name: string): boolean {
  let isNamed = false;
  for (const endpoint of endpoints) {
    if (!endpoint.ready) continue;
    const hints = hintsOf(endpoint, kind);
    if (hints === undefined) return false;
    isNamed ||= hints.includes(name);
  }
  return isNamed;
}

function hintsOf(
  { nodeHints, zoneHints }: Endpoint,
  kind: Preference['kind'],
): readonly string[] | undefined {
  return kind === 'node' ? nodeHints : zoneHints;
}
