import type { FrontendActivity } from '../../model/counters.js';
import type { FrontendKey } from '../../model/frontend.js';
import type { RealServer, RealServerKey } from '../../model/real-server.js';
import type { DrainState } from '../../model/sync-state.js';
import type { ServerRow } from './frontend-row.js';
import type { ListedAgent } from './row-places.js';

/** The servers of frontends as rows: each with its state, and why it takes no connections, or fewer. */
export class ServerRows {
  readonly #agent: ListedAgent | undefined;
  readonly #drains: ReadonlyMap<FrontendKey, ReadonlyMap<RealServerKey, number>>;

  constructor(agent: ListedAgent | undefined) {
    this.#agent = agent;
    this.#drains = drainIndex(agent?.drains ?? []);
  }

  rowOf(key: FrontendKey, real: RealServer, activity: FrontendActivity | undefined): ServerRow {
    const { address, port, weight } = real;
    const { active, inactive } = activity?.get(real.key) ?? { active: 0, inactive: 0 };
    const left = this.#drains.get(key)?.get(real.key) ?? null;
    const written = this.#agent?.image.virtualServers.get(key)?.realServers.find(real);
    const wanted = this.#agent?.desired.virtualServers.get(key)?.realServers.find(real);
    const { state, reason } = stateOf(real, { written, wanted, left, isKnown: this.#agent !== undefined });
    return { address, port, weight, active, inactive, state, reason, drainSecondsLeft: left };
  }
}

interface ServerEvidence {
  readonly written: RealServer | undefined;
  readonly wanted: RealServer | undefined;
  readonly left: number | null;
  readonly isKnown: boolean;
}

function stateOf({ weight }: RealServer, evidence: ServerEvidence): Pick<ServerRow, 'state' | 'reason'> {
  const { written, wanted, left, isKnown } = evidence;
  if (left !== null) return { state: 'draining', reason: `draining, ${left} s left` };
  if (!isKnown) return { state: 'programmed', reason: weight === 0 ? 'takes no new connections' : null };
  if (written === undefined) return { state: 'drift', reason: 'another program added it' };
  if (written.weight !== weight)
    return { state: 'drift', reason: `another program changed its weight; ${written.weight} was written` };
  if (wanted === undefined) return { state: 'pending', reason: 'no endpoint any more' };
  if (wanted.weight > weight)
    return { state: 'programmed', reason: `slow start; its full weight is ${wanted.weight}` };
  if (wanted.weight !== weight) return { state: 'pending', reason: `its weight will be ${wanted.weight}` };
  return { state: 'programmed', reason: weight === 0 ? 'weight 0 by annotation' : null };
}

function drainIndex(
  drains: readonly DrainState[],
): ReadonlyMap<FrontendKey, ReadonlyMap<RealServerKey, number>> {
  const index = new Map<FrontendKey, Map<RealServerKey, number>>();
  for (const { frontend, server, left } of drains) {
    const servers = index.get(frontend) ?? new Map<RealServerKey, number>();
    index.set(frontend, servers.set(server, Math.ceil(left / 1000)));
  }
  return index;
}
