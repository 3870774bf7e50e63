import type { Endpoint } from '../model/endpoint-slice.js';
import { type Candidates, candidatesThat } from './candidates.js';
import type { NodeSettings } from './node-settings.js';

/**
 * Those of the ready endpoints that the hints give to this node: by node (KEP-3015) before by zone (KEP-2433).
 *
 * Hints count only where every endpoint has one and one of them names this place. A slice that was written before the
 * hints, or a zone whose last endpoint has gone, would otherwise overload the rest or leave nobody to answer.
 */
export function nearby(ready: Candidates, { name, zone }: NodeSettings): Candidates {
  if (name !== undefined && areHinted(ready, nodeHintsOf, name))
    return candidatesThat(ready, isForNode, name);
  if (zone !== undefined && areHinted(ready, zoneHintsOf, zone))
    return candidatesThat(ready, isForZone, zone);
  return ready;
}

type HintsOf = (endpoint: Endpoint) => readonly string[] | undefined;

const nodeHintsOf: HintsOf = ({ nodeHints }) => nodeHints;
const zoneHintsOf: HintsOf = ({ zoneHints }) => zoneHints;

function areHinted({ endpoints }: Candidates, hintsOf: HintsOf, place: string): boolean {
  let isNamed = false;
  for (const endpoint of endpoints) {
    const hints = hintsOf(endpoint);
    if (hints === undefined) return false;
    isNamed ||= hints.includes(place);
  }
  return isNamed;
}

function isForNode({ nodeHints }: Endpoint, name: string): boolean {
  return nodeHints?.includes(name) === true;
}

function isForZone({ zoneHints }: Endpoint, zone: string): boolean {
  return zoneHints?.includes(zone) === true;
}
