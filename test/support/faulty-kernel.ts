import type { Kernel } from '../../src/kernel/kernel.js';
import {
  type Answered,
  failed,
  type Operation,
  type Outcome,
  type SingleOperation,
  singly,
  unknown,
} from '../../src/model/operation.js';
import { KernelInFront } from './kernel-in-front.js';

/** What becomes of one operation; a test chooses at random, by a list, or never. */
export type Fate = 'works' | 'refused' | 'answer lost' | 'lost before and after';

/** A kernel in front of another whose operations sometimes fail and whose answers sometimes get lost. */
export class FaultyKernel extends KernelInFront {
  readonly #fate: (operation: SingleOperation) => Fate;
  #before: Promise<unknown> = Promise.resolve();

  constructor(inner: Kernel, fate: (operation: SingleOperation) => Fate) {
    super(inner);
    this.#fate = fate;
  }

  // Operation by operation takes some turns of the event loop, in which others may ask: they wait.
  override perform(operations: readonly Operation[]): Promise<Answered> {
    const answer = this.#before.then(() => this.#performAll(singly(operations)));
    this.#before = answer.catch(() => undefined);
    return answer;
  }

  async #performAll(operations: readonly SingleOperation[]): Promise<Answered> {
    const outcomes: Outcome[] = [];
    for (const operation of operations) outcomes.push(await this.#performOne(operation));
    return { operations, outcomes };
  }

  async #performOne(operation: SingleOperation): Promise<Outcome> {
    const fate = this.#fate(operation);
    if (fate === 'refused') return failed('ENOMEM');
    if (fate === 'lost before and after') return unknown('ENOBUFS');
    const { outcomes } = await this.inner.perform([operation]);
    const [outcome] = outcomes;
    return fate === 'answer lost' || outcome === undefined ? unknown('ENOBUFS') : outcome;
  }
}
