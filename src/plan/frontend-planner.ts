import type { Address } from '../model/address.js';
import type { Dataplane, ObservedDataplane } from '../model/dataplane.js';
import { DataplaneState } from '../model/dataplane-state.js';
import type { Frontend, FrontendKey } from '../model/frontend.js';
import { drains } from '../model/protocol.js';
import { NO_SERVERS, type RealServer, type RealServerKey, withWeight } from '../model/real-server.js';
import { NO_SCHEDULER } from '../model/scheduler.js';
import { sameSettings, takesConnections, type VirtualServer } from '../model/virtual-server.js';
import type { StagedOperations } from './order.js';
import { planTraffic } from './traffic-plan.js';

/** Whether a draining server may go: its connections are gone or its deadline has passed. */
export type DrainVerdict = (frontend: FrontendKey, server: RealServerKey) => boolean;

/** What a wanted server may have of its weight now; a new one may have to begin with less. */
export type WeightNow = (frontend: FrontendKey, server: RealServer) => number;

/** So many servers are added by one operation at most: nothing interrupts whoever performs it. */
const AT_ONCE = 1024;

const WHOLE_WEIGHT: WeightNow = (_, { weight }) => weight;

/**
 * Compares frontends, one after the other, as they should be with what they are: virtual server, real servers, ledger,
 * gate and traffic sets.
 */
export class FrontendPlanner {
  /** The VIPs that planned frontends are part of. */
  readonly vips = new Set<Address>();
  /** Frontends that have no virtual server after these operations. */
  readonly ending = new Set<FrontendKey>();
  readonly #desired: Dataplane;
  readonly #observed: ObservedDataplane;
  readonly #operations: StagedOperations;
  readonly #drained: DrainVerdict;
  readonly #weightNow: WeightNow;

  /** What has to be done is added to `operations`. */
  constructor(
    desired: Dataplane,
    observed: ObservedDataplane,
    operations: StagedOperations,
    drained: DrainVerdict,
    weightNow: WeightNow = WHOLE_WEIGHT,
  ) {
    this.#desired = desired;
    this.#observed = observed;
    this.#operations = operations;
    this.#drained = drained;
    this.#weightNow = weightNow;
  }

  plan(key: FrontendKey): void {
    if (this.#observed.foreign.has(key)) {
      this.#giveBack(key);
      return;
    }
    const wanted = this.#desired.virtualServers.get(key);
    const seen = this.#observed.virtualServers.get(key);
    const frontend = wanted?.frontend ?? seen?.frontend ?? this.#leftover(key);
    if (frontend !== undefined) {
      this.vips.add(frontend.address);
      if (wanted === undefined) this.#planRemoval(frontend, seen);
      else this.#planPresence(wanted, seen);
    }
    planTraffic(key, this.#desired.policy, this.#observed.policy, this.#operations);
  }

  // We entered it into the ledger and then found out that another program had been faster: its packets are not our
  // business.
  #giveBack(key: FrontendKey): void {
    const { policy } = this.#observed;
    planTraffic(key, UNTREATED, policy, this.#operations);
    const frontend = policy.owned.get(key)?.frontend;
    if (frontend !== undefined) this.#operations.add({ kind: 'disown-frontend', frontend });
  }

  // A crash between two steps leaves an entry in the ledger or an open gate without a virtual server.
  #leftover(key: FrontendKey): Frontend | undefined {
    const { policy } = this.#observed;
    return policy.owned.get(key)?.frontend ?? policy.open.get(key);
  }

  #planPresence(wanted: VirtualServer, seen: VirtualServer | undefined): void {
    const { frontend, settings, realServers } = wanted;
    const isServersFirst = seen === undefined && takesServersFirst(wanted);
    this.#planOwnership(frontend);
    if (seen === undefined)
      this.#operations.add({
        kind: 'add-virtual-server',
        frontend,
        settings: isServersFirst ? { ...settings, scheduler: NO_SCHEDULER } : settings,
      });
    else if (seen !== wanted && (seen.untagged === true || !sameSettings(settings, seen.settings)))
      this.#operations.add({ kind: 'set-virtual-server', frontend, settings });
    if (seen === undefined && this.#weightNow === WHOLE_WEIGHT && realServers.size <= AT_ONCE)
      this.#planAllServers(wanted);
    else if (!this.#hasTheServers(wanted, seen)) this.#planServers(wanted, seen);
    if (isServersFirst) this.#operations.add({ kind: 'set-virtual-server', frontend, settings }, 'balance');
    if (!this.#observed.policy.open.has(frontend.key)) this.#planOpening(frontend, seen);
    if (seen === undefined) this.#planFirstFlows(frontend);
  }

  // A client that sent datagrams here before there was a virtual server has a flow without translation, which lasts as
  // long as it sends: it would not be masqueraded, and a pod of another node would answer it directly.
  #planFirstFlows(frontend: Frontend): void {
    if (!drains(frontend.protocol)) this.#operations.add({ kind: 'forget-flows', frontend });
  }

  // What takes connections at a VIP without a guard goes on taking them: the ledger was lost, or a predecessor made it.
  // Guarded first, as everything new is, its new clients would be refused in between.
  #planOpening(frontend: Frontend, seen: VirtualServer | undefined): void {
    const serves =
      seen !== undefined && takesConnections(seen) && !this.#observed.policy.guarded.has(frontend.address);
    this.#operations.add({ kind: 'open-frontend', frontend }, serves ? 'own' : 'open');
  }

  #planOwnership(frontend: Frontend): void {
    const owner = this.#desired.policy.owned.get(frontend.key)?.owner ?? '';
    const replaces = this.#observed.policy.owned.get(frontend.key)?.owner;
    if (replaces === undefined) this.#operations.add({ kind: 'own-frontend', frontend, owner });
    else if (replaces !== owner) this.#operations.add({ kind: 'own-frontend', frontend, owner, replaces });
  }

  // After a restart nearly all have: they are then held as the wanted object, or compared as a text.
  #hasTheServers({ realServers }: VirtualServer, seen: VirtualServer | undefined): boolean {
    return this.#weightNow === WHOLE_WEIGHT && seen?.realServers.areThese(realServers) === true;
  }

  // On a new node that is nearly all there is to plan.
  #planAllServers({ frontend, realServers }: VirtualServer): void {
    if (realServers.size === 0) return;
    this.#operations.add({ kind: 'add-real-servers', frontend, servers: realServers });
  }

  #planServers({ frontend, realServers }: VirtualServer, seen: VirtualServer | undefined): void {
    for (const whole of realServers) {
      const weight = this.#weightNow(frontend.key, whole);
      const server = weight === whole.weight ? whole : withWeight(whole, weight);
      const there = seen?.realServers.find(server);
      if (there === undefined) this.#operations.add({ kind: 'add-real-server', frontend, server });
      else if (there.weight !== server.weight)
        this.#operations.add({ kind: 'set-real-server', frontend, server });
    }
    for (const server of seen?.realServers ?? NO_SERVERS)
      if (realServers.find(server) === undefined) this.#planServerRemoval(frontend, server);
  }

  /** True when the server is gone after these operations. */
  #planServerRemoval(frontend: Frontend, server: RealServer): boolean {
    const mayDrain = drains(frontend.protocol) && !this.#isNodeLocal(frontend);
    if (!mayDrain || this.#drained(frontend.key, server.key)) {
      this.#operations.add({ kind: 'delete-real-server', frontend, server });
      if (!mayDrain) this.#operations.add({ kind: 'forget-flows', frontend, server });
      return true;
    }
    if (server.weight !== 0)
      this.#operations.add({ kind: 'set-real-server', frontend, server: withWeight(server, 0) });
    return false;
  }

  // A virtual server that drained would refuse the clients of the process that listens. What the kernel still knows of
  // connections to pods goes too: their next packet then meets no translation, and the client is reset at once.
  #isNodeLocal({ key }: Frontend): boolean {
    return this.#desired.policy.traffic['node-local'].has(key);
  }

  #planRemoval(frontend: Frontend, seen: VirtualServer | undefined): void {
    const { policy } = this.#observed;
    if (policy.open.has(frontend.key)) this.#operations.add({ kind: 'close-frontend', frontend });
    let ends = true;
    for (const server of seen?.realServers ?? NO_SERVERS)
      if (!this.#planServerRemoval(frontend, server)) ends = false;
    if (!ends) return;
    this.ending.add(frontend.key);
    if (seen !== undefined) this.#operations.add({ kind: 'delete-virtual-server', frontend });
    if (policy.owned.has(frontend.key)) this.#operations.add({ kind: 'disown-frontend', frontend });
  }
}

// `mh` makes its whole table anew for every server that comes (ip_vs_mh_reassign, net/netfilter/ipvs/ip_vs_mh.c). Until
// it has a scheduler a virtual server refuses, as it does while it has no servers; what balances already keeps its own.
function takesServersFirst({ settings, realServers }: VirtualServer): boolean {
  return settings.scheduler === 'mh' && realServers.size > 1;
}

const UNTREATED = new DataplaneState().policy;
