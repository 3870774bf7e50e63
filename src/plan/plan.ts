import type { Address } from '../model/address.js';
import type { Dataplane, ObservedDataplane } from '../model/dataplane.js';
import type { FrontendKey } from '../model/frontend.js';
import type { KernelKeys } from '../model/kernel-keys.js';
import type { Operation } from '../model/operation.js';
import { type DrainVerdict, FrontendPlanner, type WeightNow } from './frontend-planner.js';
import { isAddition, type PlanStage, StagedOperations } from './order.js';

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
 * - a frontend that a process of the node has instead (`node-local`) has no virtual server, and on the way there and
 *   back none of its clients is refused;
 * - a foreign virtual server is never touched.
 */
export function plan(
  keys: KernelKeys,
  desired: Dataplane,
  observed: ObservedDataplane,
  drained: DrainVerdict,
  weightNow?: WeightNow,
): Plan {
  const operations = new StagedOperations();
  const planner = new FrontendPlanner(desired, observed, operations, drained, weightNow);
  for (const key of keys.frontends) planner.plan(key);
  for (const vip of keys.vips) planner.vips.add(vip);
  for (const vip of planner.vips) planVip(vip, desired, observed, planner.ending, operations);
  return operations.filled();
}

/**
 * What of a plan only adds. Until the source is complete, it is not known what may go: what is not
 * desired may be in the part that is missing. At addresses where nothing of ours may stay it goes all the same.
 */
export function additionsOf(
  whole: Plan,
  desired: Dataplane,
  mustLeave: (address: Address) => boolean = () => false,
): Plan {
  return whole
    .map(({ name, operations }) => ({
      name,
      operations: operations.filter(
        (operation) =>
          (isAddition(name) && takesNothingAway(operation, desired)) || mustLeave(addressOf(operation)),
      ),
    }))
    .filter(({ operations }) => operations.length > 0);
}

function addressOf(operation: Operation): Address {
  return 'address' in operation ? operation.address : operation.frontend.address;
}

// What goes from a frontend that is to be open is known to go; of others the reason may be in the part that is missing.
// A guard refuses the clients of every frontend below it that is not known to be wanted.
function takesNothingAway(operation: Operation, { policy, bound }: Dataplane): boolean {
  if (operation.kind === 'guard-vip') return bound.has(operation.address);
  const leaves = operation.kind === 'leave-set' || operation.kind === 'forbid-source';
  return !leaves || policy.open.has(operation.frontend.key);
}

// A VIP outlives its Service for as long as one of its virtual servers drains: its established connections need it. It
// is known by its guard, or where the guard was lost by a virtual server of ours at an address of our device; an
// address of the node itself, which carries NodePorts, has neither and is never bound or released. Where another
// program has a virtual server at the VIP, a guard would refuse its clients: such a VIP is left as it is.
function planVip(
  address: Address,
  desired: Dataplane,
  observed: ObservedDataplane,
  ending: ReadonlySet<FrontendKey>,
  operations: StagedOperations,
): void {
  const guarded = observed.policy.guarded.has(address);
  const bound = observed.bound.has(address);
  const ours = guarded || (bound && observed.frontendsAt(address).size > 0);
  const wanted = desired.bound.has(address) || (ours && drains(address, desired, observed, ending));
  if (wanted) {
    if (observed.isForeignAt(address)) return;
    if (!guarded) operations.add({ kind: 'guard-vip', address });
    if (!bound) operations.add({ kind: 'bind-vip', address });
  } else if (ours) {
    if (bound && (guarded || !observed.isForeignAt(address))) operations.add({ kind: 'unbind-vip', address });
    if (guarded) operations.add({ kind: 'release-vip', address });
  }
}

// Where a frontend is to stay although its address is not to be bound, the address has become the node's own: guarding
// it any longer would cut the node off.
function drains(
  address: Address,
  desired: Dataplane,
  observed: ObservedDataplane,
  ending: ReadonlySet<FrontendKey>,
): boolean {
  const keys = [...observed.frontendsAt(address)];
  return !keys.some((key) => desired.virtualServers.has(key)) && keys.some((key) => !ending.has(key));
}

/**
 * Comes before every other plan: inside views that the kernel has with a firewall mark that cannot stay go at once, and
 * the plans after this one make them anew with another mark. Both marks at the same time would be two values of one key
 * in our maps.
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
