import { isDeepStrictEqual } from 'node:util';
import type { Problem } from './problem.js';

/** The problems of this moment, by what they are about, so that a change replaces only its own. */
export class ProblemBoard {
  readonly #problems = new Map<string, readonly Problem[]>();
  #changed = false;

  set(topic: string, problems: readonly Problem[]): void {
    if (isDeepStrictEqual(this.#problems.get(topic) ?? [], problems)) return;
    if (problems.length === 0) this.#problems.delete(topic);
    else this.#problems.set(topic, problems);
    this.#changed = true;
  }

  /** Whether anything is different from when this was last asked. */
  takeChanged(): boolean {
    const changed = this.#changed;
    this.#changed = false;
    return changed;
  }

  /** In the order of their topics, which does not depend on what happened first. */
  get list(): readonly Problem[] {
    const topics = [...this.#problems.keys()].sort();
    return topics.flatMap((topic) => this.#problems.get(topic) ?? []);
  }
}
