import type {
  Kernel,
  KernelChange,
  Observation,
  Preparation,
  Sight,
  Surroundings,
} from '../../src/kernel/kernel.js';
import type { Address } from '../../src/model/address.js';
import type { Frontend, FrontendKey } from '../../src/model/frontend.js';
import type { Operation } from '../../src/model/operation.js';
import type { Outcome } from '../../src/model/outcome.js';
import type { Stopwatch } from './stopwatch.js';

/** A kernel in front of another that measures each kind of call, but for writes: CountedHandle has them. */
export class TimedKernel implements Kernel {
  readonly #inner: Kernel;
  readonly #watch: Stopwatch;

  constructor(inner: Kernel, watch: Stopwatch) {
    this.#inner = inner;
    this.#watch = watch;
  }

  prepare(): Promise<Preparation> {
    return this.#watch.timeAsync('prepare', () => this.#inner.prepare());
  }

  preview(): Promise<readonly string[]> {
    return this.#inner.preview();
  }

  dismantle(): Promise<readonly string[]> {
    return this.#inner.dismantle();
  }

  observe(remembered?: (key: FrontendKey) => boolean): Promise<Observation> {
    return this.#watch.timeAsync('look', () => this.#inner.observe(remembered));
  }

  observeSurroundings(): Promise<Surroundings> {
    return this.#watch.timeAsync('look', () => this.#inner.observeSurroundings());
  }

  look(frontends: readonly Frontend[]): Promise<readonly Sight[]> {
    return this.#watch.timeAsync('look', () => this.#inner.look(frontends));
  }

  perform(operations: readonly Operation[]): Promise<readonly Outcome[]> {
    return this.#inner.perform(operations);
  }

  nodeAddresses(): readonly Address[] {
    return this.#inner.nodeAddresses();
  }

  watch(listener: (change: KernelChange) => void): void {
    this.#inner.watch(listener);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}
