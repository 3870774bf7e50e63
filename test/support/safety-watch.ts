import type { Dataplane } from '../../src/model/dataplane.js';
import { takesConnections, type VirtualServer } from '../../src/model/virtual-server.js';
import { copyOfPlane } from './plane-copy.js';

/**
 * What must hold at every single moment on the way from one data plane to another. What was already broken at the start
 * is nobody's fault; anything that breaks on the way is reported as one line of text.
 */
export class SafetyWatch {
  readonly #before: Dataplane;
  readonly #desired: Dataplane;
  readonly #excused: ReadonlySet<string>;

  constructor(before: Dataplane, desired: Dataplane) {
    this.#before = copyOfPlane(before);
    this.#desired = desired;
    this.#excused = new Set(breaches(before));
  }

  /** Empty where the moment is safe. */
  breaches(now: Dataplane): string[] {
    const fresh = breaches(now).filter((breach) => !this.#excused.has(breach));
    return [...fresh, ...this.#interruptions(now), ...this.#withdrawals(now)];
  }

  #withdrawals({ bound, policy }: Dataplane): string[] {
    const { bound: boundBefore, policy: before } = this.#before;
    const closed = [...this.#desired.policy.open.keys()].filter(
      (key) => before.open.has(key) && !policy.open.has(key),
    );
    const unbound = [...this.#desired.bound].filter(
      (address) => boundBefore.has(address) && !bound.has(address),
    );
    return [
      ...closed.map((key) => `${key} is closed`),
      ...unbound.map((address) => `${address} is not bound`),
    ];
  }

  #interruptions(now: Dataplane): string[] {
    return [...this.#before.virtualServers.values()].flatMap((before) => {
      const desired = this.#desired.virtualServers.get(before.frontend.key);
      if (desired === undefined) return [];
      const seen = now.virtualServers.get(desired.frontend.key);
      const wasOpen = this.#before.policy.open.has(desired.frontend.key);
      return [...lostServers(before, desired, seen), ...(wasOpen ? starvation(before, desired, seen) : [])];
    });
  }
}

/** The rules that hold of any data plane, without knowing where it comes from. */
function breaches({ virtualServers, bound, policy }: Dataplane): string[] {
  const openInVain = [...policy.open.keys()].filter((key) => !usable(virtualServers.get(key)));
  const outsideLedger = [...virtualServers.keys()].filter((key) => !policy.owned.has(key));
  const unguarded = [...bound].filter((address) => !policy.guarded.has(address));
  return [
    ...openInVain.map((key) => `${key} is open without a server that takes connections`),
    ...outsideLedger.map((key) => `${key} is not in the ledger`),
    ...unguarded.map((address) => `${address} is bound without guard`),
  ];
}

function lostServers(
  before: VirtualServer,
  desired: VirtualServer,
  now: VirtualServer | undefined,
): string[] {
  return [...before.realServers]
    .filter(
      (server) =>
        server.weight > 0 &&
        (desired.realServers.find(server)?.weight ?? 0) > 0 &&
        (now?.realServers.find(server)?.weight ?? 0) === 0,
    )
    .map((server) => `${before.frontend.key} is without ${server.key}, which stays`);
}

function starvation(before: VirtualServer, desired: VirtualServer, now: VirtualServer | undefined): string[] {
  const starved = usable(before) && usable(desired) && !usable(now);
  return starved ? [`${before.frontend.key} is without any server`] : [];
}

function usable(server: VirtualServer | undefined): boolean {
  return server !== undefined && takesConnections(server);
}
