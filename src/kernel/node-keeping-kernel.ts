import type { Kernel, Preparation } from './kernel.js';
import { KernelInFront } from './kernel-in-front.js';

/**
 * Whenever the kernel is prepared, what was set on the node beyond it is looked over too, so that the audit finds sysctls and
 * time-outs that others changed. What cannot be set was told at the start.
 */
export class NodeKeepingKernel extends KernelInFront {
  readonly #setUpNode: () => Promise<Pick<Preparation, 'done'>>;

  constructor(inner: Kernel, setUpNode: () => Promise<Pick<Preparation, 'done'>>) {
    super(inner);
    this.#setUpNode = setUpNode;
  }

  override async prepare(): Promise<Preparation> {
    const { made = [], done, warnings } = await this.inner.prepare();
    const node = await this.#setUpNode();
    return {
      made: [...made, ...node.done.map(() => 'sysctl' as const)],
      done: [...done, ...node.done],
      warnings,
    };
  }
}
