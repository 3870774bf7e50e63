import type { Kernel } from '../../src/kernel/kernel.js';
import {
  type Answered,
  type Operation,
  type Outcome,
  type SingleOperation,
  singly,
} from '../../src/model/operation.js';
import { KernelInFront } from './kernel-in-front.js';

/** Performs one operation at a time and calls `step` after each, so that a test sees every moment in between. */
export class SteppingKernel extends KernelInFront {
  readonly #step: (operation: SingleOperation) => void;

  constructor(inner: Kernel, step: (operation: SingleOperation) => void) {
    super(inner);
    this.#step = step;
  }

  override async perform(asked: readonly Operation[]): Promise<Answered> {
    const operations = singly(asked);
    const outcomes: Outcome[] = [];
    for (const operation of operations) {
      outcomes.push(...(await this.inner.perform([operation])).outcomes);
      this.#step(operation);
    }
    return { operations, outcomes };
  }
}
