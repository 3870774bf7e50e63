import type { ObservedDataplane } from '../model/dataplane.js';
import type { Operation } from '../model/operation.js';
import { takesConnections } from '../model/virtual-server.js';

/**
 * Whether an operation may follow, given what the kernel has acknowledged so far. A plan is safe after any prefix; this
 * keeps it safe where an operation in the middle was refused: what builds on it is not tried.
 */
export function mayFollow(operation: Operation, state: ObservedDataplane): boolean {
  switch (operation.kind) {
    case 'add-virtual-server':
      return state.policy.owned.has(operation.frontend.key);
    case 'set-virtual-server':
    case 'delete-virtual-server':
    case 'add-real-server':
    case 'set-real-server':
    case 'delete-real-server':
      return state.virtualServers.has(operation.frontend.key);
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
      return !isStillThere(operation, state);
    default:
      return true;
  }
}

function isStillThere(
  { frontend, server }: Extract<Operation, { kind: 'forget-flows' }>,
  state: ObservedDataplane,
): boolean {
  return state.virtualServers.get(frontend.key)?.realServers.has(server.key) === true;
}
