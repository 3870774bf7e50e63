import { problemText } from '../model/problem.js';
import type { Rehearsal } from '../model/status-report.js';
import { EXIT } from './exit.js';
import { planText } from './plan-text.js';

/** `plan`: what a first pass would do; the exit code tells whether something in the way of it needs a person. */
export async function runPlan(rehearse: () => Promise<Rehearsal>): Promise<number> {
  const { preparation, operations, problems } = await rehearse();
  process.stdout.write(planText(preparation, operations));
  for (const problem of problems) process.stderr.write(`! ${problemText(problem)}\n`);
  return problems.length === 0 ? EXIT.good : EXIT.problem;
}
