import type { Address } from '../model/address.js';
import type { Clock } from '../model/clock.js';
import type { FrontendActivity } from '../model/counters.js';
import type { Dataplane } from '../model/dataplane.js';
import type { FrontendKey } from '../model/frontend.js';
import { NO_SERVERS, type RealServer, type RealServerKey } from '../model/real-server.js';
import type { DrainEnd, DrainState } from '../model/sync-state.js';
import type { DrainDeadlines } from './drain-deadlines.js';

interface Drain {
  readonly server: RealServer;
  /** On the clock; moved back where the kernel tells of an earlier agent's beginning. */
  since: number;
  over: boolean;
}

/**
 * The servers that drain: observed with weight 0 and no longer desired. Which they are, and since when, is read from the
 * kernel's own state, so an agent that starts in the middle of a drain goes on with it.
 */
export class DrainBook {
  readonly #clock: Clock;
  readonly #deadlines: DrainDeadlines;
  readonly #drains = new Map<FrontendKey, Map<RealServerKey, Drain>>();
  #ended = new Map<DrainEnd, number>();

  constructor(clock: Clock, deadlines: DrainDeadlines) {
    this.#clock = clock;
    this.#deadlines = deadlines;
  }

  get frontends(): FrontendKey[] {
    return [...this.#drains.keys()];
  }

  /** Frontends with a draining server. */
  get size(): number {
    return this.#drains.size;
  }

  /** Every draining server, with the time it may still take. */
  list(): DrainState[] {
    const now = this.#clock.now();
    return [...this.#drains].flatMap(([frontend, drains]) =>
      [...drains].map(([server, { since }]) => ({
        frontend,
        server,
        left: Math.max(0, since + this.#deadlines.of(frontend) - now),
      })),
    );
  }

  isOver(frontend: FrontendKey, server: RealServerKey): boolean {
    return this.#drains.get(frontend)?.get(server)?.over === true;
  }

  /** Brings the book in line with one frontend as it is now observed and desired. */
  refresh(key: FrontendKey, desired: Dataplane, observed: Dataplane): void {
    const wanted = desired.virtualServers.get(key)?.realServers;
    const before = this.#drains.get(key);
    let after: Map<RealServerKey, Drain> | undefined;
    for (const server of observed.virtualServers.get(key)?.realServers ?? NO_SERVERS)
      if (server.weight === 0 && wanted?.find(server) === undefined) {
        after ??= new Map();
        after.set(server.key, before?.get(server.key) ?? { server, since: this.#clock.now(), over: false });
      }
    for (const [server, drain] of before ?? [])
      if (!drain.over && after?.has(server) !== true && wanted?.find(drain.server) !== undefined)
        this.#end('returned');
    if (after === undefined) this.#drains.delete(key);
    else this.#drains.set(key, after);
    this.#deadlines.refresh(key, after !== undefined);
  }

  /** Notes the connections just seen; true where a server's drain ended by it. */
  note(key: FrontendKey, activity: FrontendActivity): boolean {
    let ended = false;
    const deadline = this.#deadlines.of(key);
    for (const [server, drain] of this.#drains.get(key) ?? []) {
      const seen = activity.get(server);
      drain.since = Math.min(drain.since, seen?.quietSince ?? drain.since);
      const quiet = seen !== undefined && seen.active + seen.inactive === 0;
      if (!quiet && this.#clock.now() - drain.since < deadline) continue;
      if (!drain.over) this.#end(quiet ? 'idle' : 'deadline');
      drain.over = true;
      ended = true;
    }
    return ended;
  }

  /** Where servers drain whose connections may still go on. */
  get addresses(): Set<Address> {
    const drains = [...this.#drains.values()].flatMap((servers) => [...servers.values()]);
    return new Set(drains.flatMap(({ server, over }) => (over ? [] : [server.address])));
  }

  /** Ends the drains of servers that cannot answer any more; the frontends that had one. */
  endWhere(isLost: (address: Address) => boolean): FrontendKey[] {
    return [...this.#drains].flatMap(([key, servers]) => {
      const lost = [...servers.values()].filter(({ server, over }) => !over && isLost(server.address));
      for (const drain of lost) {
        drain.over = true;
        this.#end('node');
      }
      return lost.length === 0 ? [] : [key];
    });
  }

  /** The drains that have ended since the last time, by reason. */
  takeEnded(): ReadonlyMap<DrainEnd, number> {
    const ended = this.#ended;
    this.#ended = new Map();
    return ended;
  }

  #end(reason: DrainEnd): void {
    this.#ended.set(reason, (this.#ended.get(reason) ?? 0) + 1);
  }
}
