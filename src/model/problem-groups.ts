import type { Problem } from './problem.js';

/** So many problems of one cause, or of one object, tell a person what there is to do; more of them hide the others. */
export const MOST_OF_A_GROUP = 10;

/** Problems of one cause together, and of those without a named cause all of one object. */
export function problemGroups(problems: Iterable<Problem>): ReadonlyMap<string, readonly Problem[]> {
  const groups = new Map<string, Problem[]>();
  for (const problem of problems) {
    const name = problem.cause ?? problem.subject;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [problem]);
    else group.push(problem);
  }
  return groups;
}
