import type { Kernel, Preparation } from '../kernel/kernel.js';
import type { KernelKeys } from '../model/kernel-keys.js';
import type { DriftKind, PassReport } from '../model/sync-state.js';
import type { Failure } from './refusals.js';
import { type Subject, subjectsOf } from './refusals.js';

/**
 * The device, the rules and the sysctls that everything else stands on: made ready, and put right where others changed
 * them.
 */
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

type PassDrift = Required<Pick<PassReport, 'drift' | 'driftFound' | 'driftRepaired'>>;

/** What others have changed or removed of ours, from when it is found until it has been put right. */
export class DriftBook {
  readonly #open = new Set<Subject>();
  #found = new Map<DriftKind, number>();
  #mended = new Map<DriftKind, number>();

  /** In pieces, of which none takes long, as `settle`. */
  *found(keys: KernelKeys): Generator<void, void> {
    for (const subject of subjectsOf(keys)) {
      yield;
      this.#open.add(subject);
      count(this.#found, kindOf(subject));
    }
  }

  /** What was put right as soon as it was found. */
  mended(kinds: readonly DriftKind[]): void {
    for (const kind of kinds) {
      count(this.#found, kind);
      count(this.#mended, kind);
    }
  }

  /** A pass has ended that planned these keys; what was refused of them is not put right yet. */
  *settle(keys: KernelKeys, failures: ReadonlyMap<Subject, Failure>): Generator<void, PassDrift> {
    const driftRepaired = this.#mended;
    this.#mended = new Map();
    if (this.#open.size > 0)
      for (const subject of subjectsOf(keys)) {
        yield;
        if (!failures.has(subject) && this.#open.delete(subject)) count(driftRepaired, kindOf(subject));
      }
    const driftFound = this.#found;
    this.#found = new Map();
    const drift = [...driftFound.values()].reduce((sum, found) => sum + found, 0);
    return { drift, driftFound, driftRepaired };
  }
}

function count(counts: Map<DriftKind, number>, kind: DriftKind): void {
  counts.set(kind, (counts.get(kind) ?? 0) + 1);
}

function kindOf(subject: Subject): DriftKind {
  return subject.startsWith('frontend ') ? 'virtual-server' : 'vip';
}
