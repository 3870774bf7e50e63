import type { Problem } from './problem.js';

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
