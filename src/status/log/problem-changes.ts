import { type Problem, problemText } from '../../model/problem.js';

interface ProblemChange {
  readonly appeared: readonly Problem[];
  readonly settled: readonly Problem[];
}

/**
 * Finds which problems came and went since the last time, by their text. Of one cause a subject has one problem, whose
 * words may change while it lasts.
 */
export class ProblemChanges {
  #known: ReadonlyMap<string, Problem> = new Map();

  take(problems: readonly Problem[]): ProblemChange {
    const now = new Map(problems.map((problem) => [identity(problem), problem]));
    const before = this.#known;
    this.#known = now;
    return { appeared: without(now, before), settled: without(before, now) };
  }
}

function identity(problem: Problem): string {
  return problem.cause === undefined ? problemText(problem) : `${problem.cause}\n${problem.subject}`;
}

function without(
  problems: ReadonlyMap<string, Problem>,
  others: ReadonlyMap<string, Problem>,
): readonly Problem[] {
  return [...problems].filter(([key]) => !others.has(key)).map(([, problem]) => problem);
}
