import type { Address } from '../model/address.js';
import type { Dataplane, ObservedDataplane } from '../model/dataplane.js';
import type { Frontend } from '../model/frontend.js';
import { type PlanStage, StagedOperations } from './order.js';
import { planTraffic } from './traffic-plan.js';

/**
 * Taking over from kube-proxy's IPVS mode, which keeps no ledger: what it left is known by where it is. On an address
 * of the dummy device, which was its own alone, every virtual server is; on an address of the node (NodePorts) and on
 * one that another program bound (external addresses), those that a Service wants.
 *
 * `isComplete`: until the source is complete, what is not desired may belong to a Service that is not known yet. It
 * stays foreign, so that its VIP is not guarded and its clients are not refused.
 */
export function isInherited(
  { key, address }: Frontend,
  desired: Dataplane,
  bound: ReadonlySet<Address>,
  isComplete: boolean,
): boolean {
  return desired.virtualServers.has(key) || (isComplete && bound.has(address));
}

/**
 * Whether another program removed our table: the device has addresses, and nothing says whose they are. The same is
 * seen at a first start beside another proxy that uses the device; its addresses have virtual servers that are not
 * ours.
 */
export function isLedgerLost({ bound, policy }: Pick<Dataplane, 'bound' | 'policy'>): boolean {
  return bound.size > 0 && policy.owned.size === 0 && policy.guarded.size === 0;
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
