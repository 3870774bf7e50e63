import type { Address } from '../model/address.js';
import type { Dataplane, ObservedDataplane } from '../model/dataplane.js';
import { DataplaneState } from '../model/dataplane-state.js';
import type { Frontend, FrontendKey } from '../model/frontend.js';
import type { Operation } from '../model/operation.js';
import { drains } from '../model/protocol.js';
import { type RealServer, type RealServerKey, withWeight } from '../model/real-server.js';
import { NO_SERVERS } from '../model/real-servers.js';
import { sameSettings, type VirtualServer } from '../model/virtual-server.js';
import { planTraffic } from './traffic-plan.js';

/** Whether a draining server may go: its connections are gone or its deadline has passed. */
export type DrainVerdict = (frontend: FrontendKey, server: RealServerKey) => boolean;

/** What a wanted server may have of its weight now; a new one may have to begin with less. */
export type WeightNow = (frontend: FrontendKey, server: RealServer) => number;

export interface FrontendPlan {
  readonly operations: readonly Operation[];
  /** After these operations the frontend has no virtual server. */
  readonly ends: boolean;
  /** The VIP that the frontend is part of; undefined where nothing is known of the frontend. */
  readonly vip: Address | undefined;
}

const NOTHING: FrontendPlan = { operations: [], ends: false, vip: undefined };

/** Compares one frontend as it should be with what it is: virtual server, real servers, ledger, gate and traffic sets. */
export function planFrontend(
  key: FrontendKey,
  desired: Dataplane,
  observed: ObservedDataplane,
  drained: DrainVerdict,
  weightNow: WeightNow,
): FrontendPlan {
  if (observed.foreign.has(key)) return giveBack(key, observed);
  const servers = planVirtualServer(key, desired, observed, drained, weightNow);
  const traffic = planTraffic(key, desired.policy, observed.policy);
  return traffic.length === 0 ? servers : { ...servers, operations: [...servers.operations, ...traffic] };
}

function planVirtualServer(
  key: FrontendKey,
  desired: Dataplane,
  observed: ObservedDataplane,
  drained: DrainVerdict,
  weightNow: WeightNow,
): FrontendPlan {
  const wish = desired.virtualServers.get(key);
  const seen = observed.virtualServers.get(key);
  const front = wish?.frontend ?? seen?.frontend ?? leftover(key, observed);
  if (front === undefined) return NOTHING;
  if (wish === undefined) return planRemoval(front, seen, observed, drained);
  const operations = planPresence(wish, seen, desired, observed, drained, weightNow);
  return { operations, ends: false, vip: front.address };
}

// We entered it into the ledger and then found out that another program had been faster: its packets are not our business.
function giveBack(key: FrontendKey, { policy }: ObservedDataplane): FrontendPlan {
  const operations = planTraffic(key, UNTREATED, policy);
  const frontend = policy.owned.get(key)?.frontend;
  if (frontend !== undefined) operations.push({ kind: 'disown-frontend', frontend });
  return { ...NOTHING, operations };
}

const UNTREATED = new DataplaneState().policy;

// A crash between two steps leaves an entry in the ledger or an open gate without a virtual server.
function leftover(key: FrontendKey, { policy }: ObservedDataplane): Frontend | undefined {
  return policy.owned.get(key)?.frontend ?? policy.open.get(key);
}

function planPresence(
  wish: VirtualServer,
  seen: VirtualServer | undefined,
  desired: Dataplane,
  observed: ObservedDataplane,
  drained: DrainVerdict,
  weightNow: WeightNow,
): Operation[] {
  const { frontend } = wish;
  const operations: Operation[] = [];
  operations.push(...planOwnership(frontend, desired, observed));
  if (seen === undefined) operations.push({ kind: 'add-virtual-server', frontend, settings: wish.settings });
  else if (!sameSettings(wish.settings, seen.settings))
    operations.push({ kind: 'set-virtual-server', frontend, settings: wish.settings });
  planServers(wish, seen, weightNow, operations);
  for (const server of seen?.realServers ?? NO_SERVERS)
    if (wish.realServers.find(server) === undefined) planFarewell(frontend, server, drained, operations);
  if (!observed.policy.open.has(frontend.key)) operations.push({ kind: 'open-frontend', frontend });
  return operations;
}

function planOwnership(frontend: Frontend, desired: Dataplane, observed: ObservedDataplane): Operation[] {
  const owner = desired.policy.owned.get(frontend.key)?.owner ?? '';
  const replaces = observed.policy.owned.get(frontend.key)?.owner;
  if (replaces === owner) return [];
  const operation = { kind: 'own-frontend', frontend, owner } as const;
  return [replaces === undefined ? operation : { ...operation, replaces }];
}

function planServers(
  { frontend, realServers }: VirtualServer,
  seen: VirtualServer | undefined,
  weightNow: WeightNow,
  operations: Operation[],
): void {
  for (const wished of realServers) {
    const weight = weightNow(frontend.key, wished);
    const server = weight === wished.weight ? wished : withWeight(wished, weight);
    const there = seen?.realServers.find(server);
    if (there === undefined) operations.push({ kind: 'add-real-server', frontend, server });
    else if (there.weight !== server.weight) operations.push({ kind: 'set-real-server', frontend, server });
  }
}

/** True when the server is gone after these operations. */
function planFarewell(
  frontend: Frontend,
  server: RealServer,
  drained: DrainVerdict,
  operations: Operation[],
): boolean {
  if (!drains(frontend.protocol)) {
    operations.push({ kind: 'delete-real-server', frontend, server });
    operations.push({ kind: 'forget-flows', frontend, server });
    return true;
  }
  if (drained(frontend.key, server.key)) {
    operations.push({ kind: 'delete-real-server', frontend, server });
    return true;
  }
  if (server.weight !== 0)
    operations.push({ kind: 'set-real-server', frontend, server: withWeight(server, 0) });
  return false;
}

function planRemoval(
  frontend: Frontend,
  seen: VirtualServer | undefined,
  observed: ObservedDataplane,
  drained: DrainVerdict,
): FrontendPlan {
  const operations: Operation[] = [];
  if (observed.policy.open.has(frontend.key)) operations.push({ kind: 'close-frontend', frontend });
  let ends = true;
  for (const server of seen?.realServers ?? NO_SERVERS)
    if (!planFarewell(frontend, server, drained, operations)) ends = false;
  if (ends) {
    if (seen !== undefined) operations.push({ kind: 'delete-virtual-server', frontend });
    if (observed.policy.owned.has(frontend.key)) operations.push({ kind: 'disown-frontend', frontend });
  }
  return { operations, ends, vip: frontend.address };
}
