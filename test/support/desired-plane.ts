import type { Address } from '../../src/model/address.js';
import { type Dataplane, type ObservedDataplane, TRAFFIC_SETS } from '../../src/model/dataplane.js';
import type { DataplaneState } from '../../src/model/dataplane-state.js';
import { copyOfPlane } from './plane-copy.js';

/**
 * What a plan should arrive at: the desired plane, without what other programs hold, and with the addresses that other
 * programs bound.
 */
export function onlyDesired(desired: Dataplane, observed: ObservedDataplane): DataplaneState {
  const plane = copyOfPlane(desired, observed.foreign);
  for (const key of observed.foreign) {
    plane.virtualServers.delete(key);
    plane.policy.owned.delete(key);
    plane.policy.open.delete(key);
    for (const set of TRAFFIC_SETS) plane.policy.traffic[set].delete(key);
    plane.policy.sources.delete(key);
  }
  for (const address of observed.bound) if (isForeignAddress(address, observed)) plane.bound.add(address);
  for (const address of desired.bound)
    if (observed.isForeignAt(address)) leaveAsItWas(address, observed, plane);
  return plane;
}

function leaveAsItWas(address: Address, observed: Dataplane, plane: DataplaneState): void {
  if (!observed.bound.has(address)) plane.bound.delete(address);
  if (!observed.policy.guarded.has(address)) plane.policy.guarded.delete(address);
}

// The guard says that an address is ours, and so does a virtual server of ours at an address of our device.
function isForeignAddress(address: Address, { policy, bound, virtualServers }: Dataplane): boolean {
  if (!bound.has(address) || policy.guarded.has(address)) return false;
  return ![...virtualServers.values()].some(({ frontend }) => frontend.address === address);
}

/**
 * The plane as if every server that is not desired and takes no new connections had gone, with all that went with it;
 * addresses that were another program's before stay.
 */
export function withoutDrains(plane: Dataplane, desired: Dataplane, before: Dataplane): DataplaneState {
  const left = copyOfPlane(plane);
  for (const server of plane.virtualServers.values()) {
    const { key, address, protocol } = server.frontend;
    const wanted = desired.virtualServers.get(key);
    for (const real of server.realServers)
      if (real.weight === 0 && protocol === 'TCP' && wanted?.realServers.find(real) === undefined)
        left.acknowledge({ kind: 'delete-real-server', frontend: server.frontend, server: real });
    if (wanted !== undefined || left.virtualServers.get(key)?.realServers.size !== 0) continue;
    left.removeVirtualServer(server.frontend);
    left.policy.owned.delete(key);
    if (desired.bound.has(address) || left.frontendsAt(address).size > 0) continue;
    if (!isForeignAddress(address, before)) left.bound.delete(address);
    left.policy.guarded.delete(address);
  }
  return left;
}
