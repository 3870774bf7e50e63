import { fileFault } from '../files/bounded-file.js';
import { andMore, MOST_PROBLEMS, type Problem } from '../model/problem.js';

/** Why a file or folder cannot be read. Unknown is not absent: what was known of it stays. */
export class Unreadable extends Error {
  /** One sentence. */
  readonly remedy: string;

  constructor(message: string, remedy: string) {
    super(message);
    this.remedy = remedy;
  }
}

/** Explains what node:fs threw; anything without an error code is a mistake in this program and thrown on. */
export function unreadable(error: unknown): Unreadable {
  if (error instanceof Unreadable) return error;
  const { fault, remedy } = fileFault(error);
  return new Unreadable(fault, remedy);
}

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
