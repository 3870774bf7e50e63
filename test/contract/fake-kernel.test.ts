import { NO_SERVERS } from '../../src/model/real-server.js';
import { VIP_BINDINGS, type VipBinding } from '../../src/model/vip-binding.js';
import { FakeKernel } from '../support/fake-kernel.js';
import { FaultyKernel } from '../support/faulty-kernel.js';
import { settings } from '../support/objects.js';
import type { KernelFixture } from './contract-subject.js';
import { kernelContract } from './kernel-contract.js';

function fakeFixture(vipBinding: VipBinding): KernelFixture & { readonly kernel: FakeKernel } {
  const kernel = new FakeKernel(vipBinding);
  return {
    vipBinding,
    kernel,
    outsider: {
      async addVirtualServer(frontend) {
        const wanted = settings('wlc');
        kernel.foreign.set(frontend.key, { frontend, settings: wanted, realServers: NO_SERVERS });
      },
      async removeVirtualServer(frontend) {
        kernel.state.removeVirtualServer(frontend);
        kernel.foreign.delete(frontend.key);
      },
      async editVirtualServer({ key }) {
        const server = kernel.state.virtualServers.get(key);
        if (server !== undefined)
          kernel.state.putVirtualServer({ ...server, settings: settings('wlc'), untagged: true });
      },
      async listVirtualServers() {
        return [...kernel.state.virtualServers.keys(), ...kernel.foreign.keys()];
      },
      async removeAddress(address) {
        kernel.loseAddress(address);
      },
      async removeDevice() {
        kernel.loseDevice();
      },
      async removeTable() {
        kernel.loseTable();
      },
      async spoil(part) {
        kernel.spoil(part);
      },
    },
    dispose: () => kernel.close(),
  };
}

for (const vipBinding of VIP_BINDINGS)
  kernelContract(`the fake kernel with VIPs as ${vipBinding}`, async () => fakeFixture(vipBinding));

kernelContract('a faulty kernel without faults', async () => {
  const fixture = fakeFixture('addresses');
  return { ...fixture, kernel: new FaultyKernel(fixture.kernel, () => 'works') };
});
