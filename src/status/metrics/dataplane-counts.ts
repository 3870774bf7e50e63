import { FAMILIES, type Family, familyOf } from '../../model/address.js';
import type { ObservedDataplane } from '../../model/dataplane.js';

/** How much of ours is in the kernel. */
export interface DataplaneCounts {
  readonly families: ReadonlyMap<Family, FamilyCounts>;
  readonly foreign: number;
}

export interface FamilyCounts {
  vips: number;
  virtualServers: number;
  /** Real servers that take new connections, and those with weight 0, which do not. */
  active: number;
  draining: number;
}

export function countDataplane({ virtualServers, bound, foreign }: ObservedDataplane): DataplaneCounts {
  const families = new Map<Family, FamilyCounts>(
    FAMILIES.map((family) => [family, { vips: 0, virtualServers: 0, active: 0, draining: 0 }]),
  );
  for (const address of bound) bump(families.get(familyOf(address)), 'vips');
  for (const { frontend, realServers } of virtualServers.values()) {
    const counts = families.get(familyOf(frontend.address));
    bump(counts, 'virtualServers');
    for (const { weight } of realServers) bump(counts, weight > 0 ? 'active' : 'draining');
  }
  return { families, foreign: foreign.size };
}

function bump(counts: FamilyCounts | undefined, name: keyof FamilyCounts): void {
  if (counts !== undefined) counts[name]++;
}
