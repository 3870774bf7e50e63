import { andMore, MOST_PROBLEMS, type Problem } from '../model/problem.js';
import type { ServiceKey } from '../model/service-key.js';

/** What is wrong with one object, collected while it is read. */
export class Complaints {
  readonly #kept: Pick<Problem, 'field' | 'message' | 'remedy'>[] = [];
  #more = 0;

  get none(): boolean {
    return this.#kept.length === 0;
  }

  /** The whole object is meant where `path` is empty. */
  add(path: string, message: string, remedy: string): void {
    if (this.#kept.length === MOST_PROBLEMS) this.#more++;
    else this.#kept.push(path === '' ? { message, remedy } : { field: path, message, remedy });
  }

  /** The complaints as problems of `subject`; past the tenth only their number is given. */
  about(subject: string, service: ServiceKey | undefined): readonly Problem[] {
    const about = service === undefined ? { subject } : { subject, service };
    const problems: Problem[] = this.#kept.map((complaint) => ({ kind: 'object', ...about, ...complaint }));
    if (this.#more > 0) problems.push({ kind: 'object', ...about, ...andMore(this.#more) });
    return problems;
  }
}
