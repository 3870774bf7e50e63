import { type Problem, problemText } from '../model/problem.js';

export interface ProblemChange {
  readonly appeared: ReadonlyMap<string, Problem>;
  readonly settled: ReadonlyMap<string, Problem>;
}

/** Tells which problems came and went since the last time, by their text. */
export class ProblemChanges {
  #known: ReadonlyMap<string, Problem> = new Map();

  take(problems: readonly Problem[]): ProblemChange {
    const now = new Map(problems.map((problem) => [problemText(problem), problem]));
    const before = this.#known;
    this.#known = now;
    return { appeared: without(now, before), settled: without(before, now) };
  }
}

function without(
  problems: ReadonlyMap<string, Problem>,
  others: ReadonlyMap<string, Problem>,
): ReadonlyMap<string, Problem> {
  return new Map([...problems].filter(([text]) => !others.has(text)));
}
