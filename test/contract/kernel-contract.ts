import { afterEach, beforeEach, describe } from 'vitest';
import { ContractSubject, type KernelFixture } from './contract-subject.js';
import { lookContract } from './looks.js';
import { lossContract } from './losses.js';
import { setContract } from './sets-and-addresses.js';
import { virtualServerContract } from './virtual-servers.js';

/**
 * What `src/kernel/kernel.ts` promises, held by the fake, by the faulty wrapper and by the real kernel alike: only so
 * can tests on the fake prove anything.
 */
export function kernelContract(name: string, makeFixture: () => Promise<KernelFixture>): void {
  describe(name, () => {
    const subject = new ContractSubject();
    beforeEach(() => subject.begin(makeFixture));
    afterEach(() => subject.end());
    virtualServerContract(subject);
    setContract(subject);
    lookContract(subject);
    lossContract(subject);
  });
}
