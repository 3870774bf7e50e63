import { isDeepStrictEqual } from 'node:util';
import { type Problem, tenOfEach } from './problem.js';

/** Called with what there is from now on, where that is another list than before. */
export type ProblemsFound = (problems: readonly Problem[]) => void;

/**
 * The problems of this moment, by what they are about, so that a change replaces only its own. Whoever finds problems
 * writes them under a topic of its own, whoever shows them reads the list.
 */
export class ProblemBoard {
  readonly #problems = new Map<string, readonly Problem[]>();
  #changed = false;
  #watcher: ProblemsFound = () => undefined;

  set(topic: string, problems: readonly Problem[]): void {
    const before = this.#problems.get(topic);
    // Mostly there is none, and the first comparison in a process loads a part of Node.
    if (before === undefined && problems.length === 0) return;
    if (isDeepStrictEqual(before ?? [], problems)) return;
    if (problems.length === 0) this.#problems.delete(topic);
    // A list that its owner goes on to change would be equal to itself for ever.
    else this.#problems.set(topic, [...problems]);
    this.#changed = true;
    this.#watcher(this.shortList);
  }

  /** For one that finds problems of this topic and need not know of others. */
  topic(name: string): ProblemsFound {
    return (problems) => this.set(name, problems);
  }

  /** One watcher; it gets the short list at each change. */
  watch(watcher: ProblemsFound): void {
    this.#watcher = watcher;
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

  /** As log, status and Events show it: ten of each subject. */
  get shortList(): readonly Problem[] {
    return tenOfEach(this.list);
  }
}
