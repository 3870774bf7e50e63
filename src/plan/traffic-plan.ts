import type { AllowedSources, PacketPolicy, TrafficSet } from '../model/dataplane.js';
import { TRAFFIC_SETS } from '../model/dataplane.js';
import type { FrontendKey } from '../model/frontend.js';
import type { StagedOperations } from './order.js';

/**
 * Compares how packets of one frontend should be treated with how they are. It does not depend on a virtual server: a
 * frontend that refuses or drops everybody has none.
 */
export function planTraffic(
  key: FrontendKey,
  desired: PacketPolicy,
  observed: PacketPolicy,
  operations: StagedOperations,
): void {
  for (let index = 0; index < TRAFFIC_SETS.length; index++) {
    const set = TRAFFIC_SETS[index] as TrafficSet;
    const ofAll = desired.traffic[set];
    const present = observed.traffic[set];
    // Most clusters use few of them, and this runs for every frontend of a first pass.
    if (ofAll.size + present.size === 0) continue;
    const wanted = ofAll.get(key);
    const seen = present.get(key);
    if (wanted !== undefined && seen === undefined)
      operations.add({ kind: 'enter-set', set, frontend: wanted });
    if (wanted === undefined && seen !== undefined)
      operations.add({ kind: 'leave-set', set, frontend: seen });
  }
  if (desired.sources.size + observed.sources.size > 0)
    planSources(desired.sources.get(key), observed.sources.get(key), operations);
}

function planSources(
  wanted: AllowedSources | undefined,
  seen: AllowedSources | undefined,
  operations: StagedOperations,
): void {
  for (const [text, source] of seen?.cidrs ?? [])
    if (seen !== undefined && wanted?.cidrs.has(text) !== true)
      operations.add({ kind: 'forbid-source', frontend: seen.frontend, source });
  for (const [text, source] of wanted?.cidrs ?? [])
    if (wanted !== undefined && seen?.cidrs.has(text) !== true)
      operations.add({ kind: 'allow-source', frontend: wanted.frontend, source });
}
