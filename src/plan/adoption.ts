import type { Address } from '../model/address.js';
import type { Dataplane, ObservedDataplane } from '../model/dataplane.js';
import type { Frontend } from '../model/frontend.js';
import { takesConnections } from '../model/virtual-server.js';
import { type PlanStage, StagedOperations } from './order.js';
import { planTraffic } from './traffic-plan.js';

/**
 * Taking over from kube-proxy's IPVS mode, which keeps no ledger: what it left is told by where it is. On an address of the
 * dummy device, which was its own alone, every virtual server is; on an address of the node (NodePorts) and on one
 * that another program bound (external addresses), those that a Service wants.
 *
 * `heardAll`: until the source has told everything, what nothing wants yet may belong to a Service not yet heard. It
 * stays foreign, so that its VIP is not guarded and its clients are not refused.
 */
export function isInherited(
  { key, address }: Frontend,
  desired: Dataplane,
  bound: ReadonlySet<Address>,
  heardAll: boolean,
): boolean {
  return desired.virtualServers.has(key) || (heardAll && bound.has(address));
}

/**
 * Comes before every other plan: inherited frontends that take connections are entered into the ledger and opened while
 * their VIPs are not guarded yet. In the usual order a VIP is guarded first, and new clients would be refused meanwhile.
 * A VIP of which nothing is wanted is guarded: so it is known as ours, and goes with the last server that drains.
 */
export function planClaims(desired: Dataplane, observed: ObservedDataplane): PlanStage[] {
  const operations = new StagedOperations();
  for (const { frontend, realServers } of desired.virtualServers.values()) {
    const seen = observed.virtualServers.get(frontend.key);
    if (seen === undefined || realServers.size === 0 || observed.policy.owned.has(frontend.key)) continue;
    const owner = desired.policy.owned.get(frontend.key)?.owner ?? '';
    operations.add({ kind: 'own-frontend', frontend, owner });
    if (takesConnections(seen)) operations.add({ kind: 'open-frontend', frontend });
  }
  for (const address of observed.bound)
    if (isAbandoned(address, desired, observed)) operations.add({ kind: 'guard-vip', address });
  return operations.filled();
}

function isAbandoned(address: Address, desired: Dataplane, observed: ObservedDataplane): boolean {
  const frontends = [...observed.frontendsAt(address)];
  if (frontends.length === 0 || desired.bound.has(address) || observed.policy.guarded.has(address))
    return false;
  return !observed.isForeignAt(address) && !frontends.some((key) => desired.virtualServers.has(key));
}

/** Comes after every other plan: addresses of the dummy device that nothing wants and no virtual server uses. */
export function planRemains(desired: Dataplane, observed: ObservedDataplane): PlanStage[] {
  const operations = new StagedOperations();
  for (const address of observed.bound)
    if (
      !desired.bound.has(address) &&
      !observed.policy.guarded.has(address) &&
      observed.frontendsAt(address).size === 0 &&
      !observed.isForeignAt(address)
    )
      operations.add({ kind: 'unbind-vip', address });
  return operations.filled();
}

/** Whether our own table does by now what the predecessor's rules did: they may go. */
export function isTakenOver(desired: Dataplane, observed: ObservedDataplane): boolean {
  for (const key of desired.policy.owned.keys())
    if (!observed.policy.owned.has(key) && !observed.foreign.has(key)) return false;
  const traffic = new StagedOperations();
  for (const key of desired.virtualServers.keys())
    if (!observed.foreign.has(key)) planTraffic(key, desired.policy, observed.policy, traffic);
  return traffic.filled().length === 0;
}
