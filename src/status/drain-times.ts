import type { FrontendKey } from '../model/frontend.js';
import type { RealServer, RealServerKey } from '../model/real-server.js';
import type { DrainState } from '../model/sync-state.js';

/** How long draining servers may still take. */
export class DrainTimes {
  readonly #seconds = new Map<FrontendKey, Map<RealServerKey, number>>();

  constructor(drains: readonly DrainState[]) {
    for (const { frontend, server, left } of drains) {
      const servers = this.#seconds.get(frontend) ?? new Map<RealServerKey, number>();
      this.#seconds.set(frontend, servers.set(server, Math.ceil(left / 1000)));
    }
  }

  /** Seconds; undefined where it does not drain. One that has just got its weight back may still be among the drains. */
  of(frontend: FrontendKey, { key, weight }: RealServer): number | undefined {
    return weight === 0 ? this.#seconds.get(frontend)?.get(key) : undefined;
  }
}
