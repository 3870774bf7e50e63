import type { Frontend, FrontendKey } from '../model/frontend.js';
import type { Operation } from '../model/operation.js';
import { failed, type Outcome, unknown } from '../model/outcome.js';
import type { Kernel, KernelChange, Observation, Preparation, Sight, Surroundings } from './kernel.js';

/** Decides the fate of one call, so that a test can choose at random, by a list, or never. */
export type Fate = 'works' | 'refused' | 'answer lost' | 'lost before and after';

/** A kernel in front of another whose operations sometimes fail and whose answers sometimes get lost. */
export class FaultyKernel implements Kernel {
  readonly #inner: Kernel;
  readonly #fate: (operation: Operation) => Fate;

  constructor(inner: Kernel, fate: (operation: Operation) => Fate) {
    this.#inner = inner;
    this.#fate = fate;
  }

  prepare(): Promise<Preparation> {
    return this.#inner.prepare();
  }

  preview(): Promise<readonly string[]> {
    return this.#inner.preview();
  }

  dismantle(): Promise<readonly string[]> {
    return this.#inner.dismantle();
  }

  observe(remembered?: (key: FrontendKey) => boolean): Promise<Observation> {
    return this.#inner.observe(remembered);
  }

  observeSurroundings(): Promise<Surroundings> {
    return this.#inner.observeSurroundings();
  }

  look(frontends: readonly Frontend[]): Promise<readonly Sight[]> {
    return this.#inner.look(frontends);
  }

  async perform(operations: readonly Operation[]): Promise<readonly Outcome[]> {
    const outcomes: Outcome[] = [];
    for (const operation of operations) outcomes.push(await this.#performOne(operation));
    return outcomes;
  }

  watch(listener: (change: KernelChange) => void): void {
    this.#inner.watch(listener);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  async #performOne(operation: Operation): Promise<Outcome> {
    const fate = this.#fate(operation);
    if (fate === 'refused') return failed('ENOMEM');
    if (fate === 'lost before and after') return unknown('ENOBUFS');
    const [outcome] = await this.#inner.perform([operation]);
    return fate === 'answer lost' || outcome === undefined ? unknown('ENOBUFS') : outcome;
  }
}
