import type { Kernel } from '../../src/kernel/kernel.js';
import { type Answered, type Operation, singly } from '../../src/model/operation.js';
import { KernelInFront } from './kernel-in-front.js';

/**
 * The kernel as an agent sees it that is killed after so many operations: those reach the kernel, the rest of the batch
 * does not, and no answer ever comes.
 */
export class MortalKernel extends KernelInFront {
  readonly died: Promise<void>;
  #left: number;
  #die: () => void = () => undefined;

  /** `operations`: how many are performed before the agent dies. */
  constructor(inner: Kernel, operations: number) {
    super(inner);
    this.#left = operations;
    this.died = new Promise((resolve) => {
      this.#die = resolve;
    });
  }

  override async perform(asked: readonly Operation[]): Promise<Answered> {
    const operations = singly(asked);
    if (operations.length <= this.#left) {
      this.#left -= operations.length;
      return this.inner.perform(operations);
    }
    await this.inner.perform(operations.slice(0, this.#left));
    this.#left = 0;
    this.#die();
    return new Promise(() => undefined);
  }
}
