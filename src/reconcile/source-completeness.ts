import type { ClusterSource } from '../model/cluster-source.js';

/**
 * Whether the source has told everything, as a pass judges it: what it tells while the pass lasts may not be taken in yet.
 * Until then nothing is removed.
 */
export class SourceCompleteness {
  #complete = false;
  #wasHeldBack = false;

  get complete(): boolean {
    return this.#complete;
  }

  /** The source is complete, and removals were held back in a pass before this one. */
  get hasJustCompleted(): boolean {
    return this.#complete && this.#wasHeldBack;
  }

  /** A pass begins. */
  note(source: Pick<ClusterSource, 'complete'>): void {
    this.#complete = source.complete;
  }

  /** The pass has acted on what `hasJustCompleted` says. */
  settle(): void {
    this.#wasHeldBack = !this.#complete;
  }
}
