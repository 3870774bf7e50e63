import type { ObservedDataplane } from '../model/dataplane.js';
import type { FrontendKey } from '../model/frontend.js';
import { type PlanStage, StagedOperations } from './order.js';

/**
 * Comes before every other plan: inside views that the kernel has with a firewall mark that cannot stay go at once, and the plans
 * after this one make them anew with another mark. Both marks at the same time would be two values of one key in our maps.
 */
export function planStaleMarks(views: Iterable<FrontendKey>, observed: ObservedDataplane): PlanStage[] {
  const operations = new StagedOperations();
  const { virtualServers, policy } = observed;
  for (const key of views) {
    const [gate, server, entry] = [policy.open.get(key), virtualServers.get(key), policy.owned.get(key)];
    if (gate !== undefined) operations.add({ kind: 'close-frontend', frontend: gate });
    if (server !== undefined) operations.add({ kind: 'delete-virtual-server', frontend: server.frontend });
    if (entry !== undefined) operations.add({ kind: 'disown-frontend', frontend: entry.frontend });
  }
  return operations.filled();
}
