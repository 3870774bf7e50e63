import { RealServerList } from '../../src/model/real-server.js';
import type { ObservedScene } from './arbitrary-plane.js';
import { FakeKernel } from './fake-kernel.js';

/** A kernel that has what the scene has, and keeps it apart. */
export async function kernelAt({ observed, foreign }: ObservedScene): Promise<FakeKernel> {
  const kernel = new FakeKernel();
  await kernel.prepare();
  for (const server of observed.virtualServers.values())
    kernel.state.putVirtualServer({ ...server, realServers: new RealServerList(server.realServers) });
  kernel.state.putAddressesAndSets(observed);
  for (const server of foreign) kernel.foreign.set(server.frontend.key, server);
  return kernel;
}
