import type {
  AddressesAndSets,
  Kernel,
  Observation,
  Preparation,
  Remembered,
} from '../../src/kernel/kernel.js';
import type { LookResult } from '../../src/model/counters.js';
import type { Frontend } from '../../src/model/frontend.js';
import { KernelInFront } from '../../test/support/kernel-in-front.js';
import type { Stopwatch } from './stopwatch.js';

/** Measures setting up and looking; CountedHandle has the writes. */
export class TimedKernel extends KernelInFront {
  readonly #watch: Stopwatch;

  constructor(inner: Kernel, watch: Stopwatch) {
    super(inner);
    this.#watch = watch;
  }

  override prepare(): Promise<Preparation> {
    return this.#watch.timeAsync('prepare', () => this.inner.prepare());
  }

  override observe(remembered?: Remembered): Promise<Observation> {
    return this.#watch.timeAsync('look', () => this.inner.observe(remembered));
  }

  override observeAddressesAndSets(): Promise<AddressesAndSets> {
    return this.#watch.timeAsync('look', () => this.inner.observeAddressesAndSets());
  }

  override look(frontends: readonly Frontend[]): Promise<readonly LookResult[]> {
    return this.#watch.timeAsync('look', () => this.inner.look(frontends));
  }
}
