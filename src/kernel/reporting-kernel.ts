import type { Operation } from '../model/operation.js';
import type { Outcome } from '../model/outcome.js';
import type { Kernel } from './kernel.js';
import { KernelInFront } from './kernel-in-front.js';

/** Tells somebody what was written and what became of it. */
export class ReportingKernel extends KernelInFront {
  readonly #performed: (operations: readonly Operation[], outcomes: readonly Outcome[]) => void;

  constructor(
    inner: Kernel,
    performed: (operations: readonly Operation[], outcomes: readonly Outcome[]) => void,
  ) {
    super(inner);
    this.#performed = performed;
  }

  override async perform(operations: readonly Operation[]): Promise<readonly Outcome[]> {
    const outcomes = await this.inner.perform(operations);
    this.#performed(operations, outcomes);
    return outcomes;
  }
}
