import type { KernelKeys } from '../model/kernel-keys.js';
import type { DriftKind, PassReport } from '../model/sync-state.js';
import type { Failure } from './stage-runner.js';
import { type Subject, subjectsOf } from './subject.js';

export type PassDrift = Required<Pick<PassReport, 'drift' | 'driftFound' | 'driftRepaired'>>;

/** What others have changed or removed of ours, from when it is found until it has been put right. */
export class DriftBook {
  readonly #open = new Set<Subject>();
  #found = new Map<DriftKind, number>();
  #mended = new Map<DriftKind, number>();

  found(keys: KernelKeys): void {
    for (const subject of subjectsOf(keys)) {
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
  settle(keys: KernelKeys, failures: ReadonlyMap<Subject, Failure>): PassDrift {
    const driftRepaired = this.#mended;
    this.#mended = new Map();
    if (this.#open.size > 0)
      for (const subject of subjectsOf(keys))
        if (!failures.has(subject) && this.#open.delete(subject)) count(driftRepaired, kindOf(subject));
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
