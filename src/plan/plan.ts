import type { Address } from '../model/address.js';
import type { Dataplane, ObservedDataplane } from '../model/dataplane.js';
import type { FrontendKey } from '../model/frontend.js';
import type { KernelKeys } from '../model/kernel-keys.js';
import type { Operation } from '../model/operation.js';
import { type DrainVerdict, planFrontend, type WeightNow } from './frontend-plan.js';
import { inStages, isAddition, type PlanStage } from './order.js';

/** Stages in the order in which they are performed; a stage is never empty. */
export type Plan = readonly PlanStage[];

/**
 * The operations that turn what is observed into what is desired, for the keys given and no others.
 *
 * Laws, held by property tests:
 * - nothing to do gives no operation;
 * - performing the plan gives the desired state, except for servers that still drain and weights that still grow;
 * - IPVS has no transactions, so every prefix of the plan is safe: no frontend is open without a server that takes
 *   connections, no virtual server exists outside the ledger, no server that stays is ever away;
 * - a foreign virtual server is never touched.
 */
export function plan(
  keys: KernelKeys,
  desired: Dataplane,
  observed: ObservedDataplane,
  drained: DrainVerdict,
  first: (key: FrontendKey) => boolean = () => false,
  weightNow: WeightNow = (_, { weight }) => weight,
): Plan {
  const operations: Operation[] = [];
  const ending = new Set<FrontendKey>();
  const vips = new Set(keys.vips);
  for (const key of keys.frontends) {
    const planned = planFrontend(key, desired, observed, drained, weightNow);
    for (const operation of planned.operations) operations.push(operation);
    if (planned.ends) ending.add(key);
    if (planned.vip !== undefined) vips.add(planned.vip);
  }
  for (const vip of vips) operations.push(...planVip(vip, desired, observed, ending));
  return inStages(operations, first);
}

/**
 * What of a plan only adds. Until every source has told everything once, nobody knows what may go: what is not
 * desired may be in the part that has not been heard.
 */
export function additionsOf(whole: Plan, desired: Dataplane): Plan {
  return whole
    .filter(({ name }) => isAddition(name))
    .map(({ name, operations }) => ({
      name,
      operations: operations.filter((operation) => takesNothingAway(operation, desired)),
    }))
    .filter(({ operations }) => operations.length > 0);
}

// What goes from a frontend that is to be open was heard; of others the reason may be in the part that was not.
function takesNothingAway(operation: Operation, { policy }: Dataplane): boolean {
  const leaves = operation.kind === 'leave-set' || operation.kind === 'forbid-source';
  return !leaves || policy.open.has(operation.frontend.key);
}

// A VIP outlives its Service for as long as one of its virtual servers drains: its established connections need it. The
// guard tells a VIP from an address of the node itself, which carries NodePorts and is never bound or released.
// Where another program has a virtual server at the VIP, a guard would refuse its clients: such a VIP is left as it is.
function planVip(
  address: Address,
  desired: Dataplane,
  observed: ObservedDataplane,
  ending: ReadonlySet<FrontendKey>,
): Operation[] {
  const guarded = observed.policy.guarded.has(address);
  const wanted = desired.bound.has(address) || (guarded && drains(address, desired, observed, ending));
  const bound = observed.bound.has(address);
  if (wanted) {
    if (observed.isForeignAt(address)) return [];
    return [
      ...(guarded ? [] : [{ kind: 'guard-vip', address } as const]),
      ...(bound ? [] : [{ kind: 'bind-vip', address } as const]),
    ];
  }
  // Bound but not guarded: an address that somebody else put there.
  return guarded
    ? [...(bound ? [{ kind: 'unbind-vip', address } as const] : []), { kind: 'release-vip', address }]
    : [];
}

// Where a frontend is to stay although its address is not to be bound, the address has become the node's own: guarding it
// any longer would cut the node off.
function drains(
  address: Address,
  desired: Dataplane,
  observed: ObservedDataplane,
  ending: ReadonlySet<FrontendKey>,
): boolean {
  const keys = [...observed.frontendsAt(address)];
  return !keys.some((key) => desired.virtualServers.has(key)) && keys.some((key) => !ending.has(key));
}
