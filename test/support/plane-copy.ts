import type { Dataplane } from '../../src/model/dataplane.js';
import { DataplaneState } from '../../src/model/dataplane-state.js';
import type { FrontendKey } from '../../src/model/frontend.js';
import { RealServerList } from '../../src/model/real-server.js';

/** A data plane of its own with the same contents: operations on one do not reach the other. */
export function copyOfPlane(plane: Dataplane, foreign: Iterable<FrontendKey> = []): DataplaneState {
  const copy = new DataplaneState();
  for (const server of plane.virtualServers.values())
    copy.putVirtualServer({ ...server, realServers: new RealServerList(server.realServers) });
  copy.putAddressesAndSets(plane);
  for (const key of foreign) copy.foreign.add(key);
  return copy;
}
