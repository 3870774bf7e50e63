import { netlinkFixture } from '../support/netlink-fixture.js';
import { kernelContract } from './kernel-contract.js';

kernelContract('the kernel of this machine', netlinkFixture);
