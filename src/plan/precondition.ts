import type { ObservedDataplane } from '../model/dataplane.js';
import type { Frontend, FrontendKey } from '../model/frontend.js';
import type { Operation } from '../model/operation.js';
import type { RealServer, RealServerKey } from '../model/real-server.js';
import { takesConnections, type VirtualServer } from '../model/virtual-server.js';

/**
 * The operations of one stage that may follow, given what the kernel has acknowledged so far. A plan is safe after any
 * prefix; this keeps it safe where an operation in the middle was refused: what builds on it is not tried.
 */
export function thatMayFollow(stage: readonly Operation[], state: ObservedDataplane): readonly Operation[] {
  const starved = starvedBy(stage, state);
  // Nearly always all may follow, and then no second list is needed.
  if (starved.size === 0 && allMayFollow(stage, state)) return stage;
  return stage.filter(
    (operation) =>
      mayFollow(operation, state) && !(takesAway(operation) && starved.has(operation.frontend.key)),
  );
}

function allMayFollow(stage: readonly Operation[], state: ObservedDataplane): boolean {
  for (let index = 0; index < stage.length; index++)
    if (!mayFollow(stage[index] as Operation, state)) return false;
  return true;
}

function mayFollow(operation: Operation, state: ObservedDataplane): boolean {
  switch (operation.kind) {
    case 'add-real-server':
    case 'add-real-servers':
    case 'set-real-server':
    case 'delete-real-server':
    case 'set-virtual-server':
      return state.virtualServers.get(operation.frontend.key) !== undefined;
    case 'add-virtual-server':
      return state.policy.owned.has(operation.frontend.key);
    case 'delete-virtual-server':
      return (
        state.virtualServers.has(operation.frontend.key) && !state.policy.open.has(operation.frontend.key)
      );
    case 'open-frontend': {
      const server = state.virtualServers.get(operation.frontend.key);
      return server !== undefined && takesConnections(server);
    }
    case 'bind-vip':
      return state.policy.guarded.has(operation.address);
    case 'disown-frontend':
      return !state.virtualServers.has(operation.frontend.key);
    case 'release-vip':
      return !state.bound.has(operation.address);
    case 'forget-flows':
      return operation.server === undefined
        ? state.policy.open.has(operation.frontend.key)
        : !holds(state, operation.frontend, operation.server);
    default:
      return true;
  }
}

function holds(state: ObservedDataplane, frontend: Frontend, server: RealServer): boolean {
  return state.virtualServers.get(frontend.key)?.realServers.find(server) !== undefined;
}

type ServerRemoval = Extract<Operation, { kind: 'set-real-server' | 'delete-real-server' }>;

function takesAway(operation: Operation): operation is ServerRemoval {
  return (
    operation.kind === 'delete-real-server' ||
    (operation.kind === 'set-real-server' && operation.server.weight === 0)
  );
}

/**
 * The open frontends that a stage would leave without a usable server: what should have replaced the old servers, or
 * closed the frontend, was refused. Until that works the old ones stay.
 */
function starvedBy(stage: readonly Operation[], state: ObservedDataplane): Set<FrontendKey> {
  const leaving = new Map<FrontendKey, Set<RealServerKey>>();
  for (let index = 0; index < stage.length; index++) {
    const operation = stage[index] as Operation;
    if (!takesAway(operation) || !state.policy.open.has(operation.frontend.key)) continue;
    const servers = leaving.get(operation.frontend.key) ?? new Set();
    leaving.set(operation.frontend.key, servers.add(operation.server.key));
  }
  const starved = new Set<FrontendKey>();
  for (const [key, servers] of leaving) {
    const server = state.virtualServers.get(key);
    if (server !== undefined && takesConnections(server) && !outlives(server, servers)) starved.add(key);
  }
  return starved;
}

function outlives({ realServers }: VirtualServer, leaving: ReadonlySet<RealServerKey>): boolean {
  for (const { key, weight } of realServers) if (weight > 0 && !leaving.has(key)) return true;
  return false;
}
