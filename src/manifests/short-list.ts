import { andMore, MOST_PROBLEMS, type Problem } from '../model/problem.js';

/** Problems with one cause or in one place. Past the tenth only their number is given. */
export class ShortList {
  readonly #subject: string;
  readonly #kept: Problem[] = [];
  #more = 0;

  constructor(subject: string) {
    this.#subject = subject;
  }

  add(problem: Problem): void {
    if (this.#kept.length === MOST_PROBLEMS) this.#more++;
    else this.#kept.push(problem);
  }

  get problems(): readonly Problem[] {
    if (this.#more === 0) return this.#kept;
    return [...this.#kept, { kind: 'source', subject: this.#subject, ...andMore(this.#more) }];
  }
}

export function sourceProblem(subject: string, message: string, remedy: string): Problem {
  return { kind: 'source', subject, message, remedy };
}
