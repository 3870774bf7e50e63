import type { Kernel, Preparation } from '../kernel/kernel.js';
import type { DriftBook } from './drift-book.js';

/** The device, the rules and the sysctls that everything else stands on: made ready, and put right where others changed them. */
export class SetUp {
  readonly #kernel: Pick<Kernel, 'prepare'>;
  readonly #drift: Pick<DriftBook, 'mended'>;
  readonly #report: (preparation: Preparation) => void;
  #isMade = false;

  /** `report` is called with what had to be done. */
  constructor(
    kernel: Pick<Kernel, 'prepare'>,
    drift: Pick<DriftBook, 'mended'>,
    report: (preparation: Preparation) => void,
  ) {
    this.#kernel = kernel;
    this.#drift = drift;
    this.#report = report;
  }

  /** Makes the kernel ready, at the start or anew; what was ready before and has to be made is drift. */
  async make(): Promise<void> {
    const preparation = await this.#kernel.prepare();
    this.#report(preparation);
    if (this.#isMade) this.#drift.mended(preparation.made ?? []);
    this.#isMade = true;
  }

  /** Puts right what others changed; whether they had. */
  async mend(): Promise<boolean> {
    const preparation = await this.#kernel.prepare();
    const { made = [] } = preparation;
    this.#drift.mended(made);
    // Its warnings were reported at the start.
    if (made.length > 0) this.#report({ ...preparation, warnings: [] });
    return made.length > 0;
  }

  /** It has to be another from now on: what is made because of this is no drift. */
  outdate(): void {
    this.#isMade = false;
  }
}
