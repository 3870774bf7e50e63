import type { Kernel } from '../../src/kernel/kernel.js';
import type { Answered, Operation } from '../../src/model/operation.js';
import { KernelInFront } from './kernel-in-front.js';

/** Keeps whoever asks waiting for some turns of the event loop, before it performs and before it answers. */
export class TardyKernel extends KernelInFront {
  readonly #turns: () => number;
  #before: Promise<unknown> = Promise.resolve();

  constructor(inner: Kernel, turns: () => number) {
    super(inner);
    this.#turns = turns;
  }

  override async perform(operations: readonly Operation[]): Promise<Answered> {
    const performed = this.#before.then(async () => {
      await this.#rest();
      return this.inner.perform(operations);
    });
    this.#before = performed;
    const answered = await performed;
    await this.#rest();
    return answered;
  }

  async #rest(): Promise<void> {
    for (let turn = this.#turns(); turn > 0; turn--) await Promise.resolve();
  }
}
