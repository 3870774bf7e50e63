import { nothingDesired } from '../desired/desired-dataplane.js';
import type { Kernel, Preparation } from '../kernel/kernel.js';
import type { Address } from '../model/address.js';
import { type Dataplane, TRAFFIC_SETS } from '../model/dataplane.js';
import type { DataplaneState } from '../model/dataplane-state.js';
import type { Frontend, FrontendKey } from '../model/frontend.js';
import { allKeys, KernelKeySet } from '../model/kernel-keys.js';
import { problemText } from '../model/problem.js';
import type { ReservedAddress } from '../model/reserved-address.js';
import { API_SERVER_SERVICE } from '../model/service-key.js';
import type { CleanupReport } from '../model/status-report.js';
import { isLedgerLost, planRemains } from '../plan/adoption.js';
import { plan } from '../plan/plan.js';
import { KernelImage } from './kernel-image.js';
import { failureProblem } from './refusals.js';
import { alone, StageRunner } from './stage-runner.js';

/** Removes everything of ours at once, without draining, and nothing else. */
export async function cleanUp(kernel: Kernel): Promise<CleanupReport> {
  const { dataplane, foreign } = await kernel.observe();
  const nothing = nothingDesired();
  const ledgerLost = isLedgerLost(dataplane);
  const run = new StageRunner(kernel, dataplane);
  await run.perform(alone(() => plan(allKeys(dataplane), nothing, dataplane, () => true)));
  if (ledgerLost) await run.perform(alone(() => planRemains(nothing, dataplane)));
  const { counts, failures } = run.result;
  const problems = [...failures.values()].map((failure) => failureProblem(failure, undefined));
  // The table is the ledger: as long as anything of ours is left it has to stay.
  const dismantled = problems.length === 0 ? await kernel.dismantle() : [];
  const removed = [...counts.done].map(([kind, count]) => `${kind}: ${count}`);
  return { done: [...removed, ...dismantled], foreign: foreign.length, problems };
}

/**
 * Before anything else is done: takes everything of ours off the addresses that this node needs, then off those of the
 * API server, which it answers with. What is bound at a resolver's address may keep us from finding out the API
 * server's, and what is bound there from reaching it. `report` is called with what was released.
 */
export async function leaveReserved(
  kernel: Kernel,
  adopts: boolean,
  findApiServer: () => Promise<readonly ReservedAddress[]>,
  report: (released: Preparation) => void,
): Promise<readonly ReservedAddress[]> {
  const leave = async (reserved: readonly ReservedAddress[]) => {
    const addresses = reserved.map(({ address }) => address);
    report(await releaseAddresses(kernel, addresses, adopts));
  };
  await leave((await kernel.nodeAddresses()).reserved);
  const apiServer = await findApiServer();
  await leave(apiServer);
  return apiServer;
}

/**
 * Takes everything of ours off these addresses at once, before anything else is done: what is bound there may be what
 * keeps the API server, and with it the news that the Service has gone, out of reach. `adopts`: what kube-proxy bound
 * to the device is ours. The API server's own Service stays; where the API server is reached through it, a later check
 * says so.
 */
export async function releaseAddresses(
  kernel: Kernel,
  addresses: Iterable<Address>,
  adopts: boolean,
): Promise<Preparation> {
  const unwanted = new Set(addresses);
  const seen = unwanted.size === 0 ? undefined : await kernel.observeAddressesAndSets();
  if (seen === undefined || !isHeld(unwanted, seen)) return { done: [], warnings: [] };
  const image = new KernelImage(
    ({ address }, bound) => adopts && unwanted.has(address) && bound.has(address),
  );
  await image.lookAtAll(kernel);
  const { state } = image;
  const own = new Set((await kernel.nodeAddresses()).own);
  // At an unguarded address of the node itself are NodePorts.
  const held = [...unwanted].filter((address) =>
    own.has(address) ? state.policy.guarded.has(address) : isOurs(address, state, adopts),
  );
  // Only what is guarded is unbound, since the guard marks our addresses, and others may have bound more.
  if (adopts) for (const address of held) if (state.bound.has(address)) state.policy.guarded.add(address);
  return released(kernel, state, held);
}

async function released(
  kernel: Kernel,
  state: DataplaneState,
  addresses: readonly Address[],
): Promise<Preparation> {
  const keys = keysAt(new Set(addresses), state);
  const run = new StageRunner(kernel, state);
  await run.perform(alone(() => plan(keys, nothingDesired(), state, () => true)));
  return {
    done: addresses.map((address) => `took ${address} off the node, which needs it itself`),
    warnings: [...run.result.failures.values()].map((failure) =>
      problemText(failureProblem(failure, undefined)),
    ),
  };
}

function isOurs(address: Address, state: DataplaneState, adopts: boolean): boolean {
  if (isApiServersOwn(address, state)) return false;
  const isAdopted = adopts && state.bound.has(address) && !state.isForeignAt(address);
  return state.policy.guarded.has(address) || state.frontendsAt(address).size > 0 || isAdopted;
}

/** Whether the API server's own Service has the address, as far as the ledger shows: it is no other Service's claim. */
export function isApiServersOwn(address: Address, state: DataplaneState): boolean {
  const serviceOf = (key: FrontendKey) => state.policy.owned.get(key)?.owner.replace(/:.*$/, '');
  return [...state.frontendsAt(address)].some((key) => serviceOf(key) === API_SERVER_SERVICE);
}

function isHeld(
  addresses: ReadonlySet<Address>,
  { bound, policy }: Pick<Dataplane, 'bound' | 'policy'>,
): boolean {
  const isAt = (address: Address) => bound.has(address) || policy.guarded.has(address);
  if ([...addresses].some(isAt)) return true;
  return [...policy.owned.values()].some(({ frontend }) => addresses.has(frontend.address));
}

function keysAt(addresses: ReadonlySet<Address>, { virtualServers, policy }: Dataplane): KernelKeySet {
  const keys = new KernelKeySet();
  for (const address of addresses) keys.vips.add(address);
  const add = ({ key, address }: Frontend) => {
    if (addresses.has(address)) keys.frontends.add(key);
  };
  for (const map of [virtualServers, policy.owned, policy.sources])
    for (const { frontend } of map.values()) add(frontend);
  for (const map of [policy.open, ...TRAFFIC_SETS.map((set) => policy.traffic[set])])
    for (const frontend of map.values()) add(frontend);
  return keys;
}
