import { VIP_BINDINGS } from '../../src/model/vip-binding.js';
import { netlinkFixture } from '../support/netlink-fixture.js';
import { kernelContract } from './kernel-contract.js';

for (const vipBinding of VIP_BINDINGS)
  kernelContract(`the kernel of this machine with VIPs as ${vipBinding}`, () => netlinkFixture(vipBinding));
