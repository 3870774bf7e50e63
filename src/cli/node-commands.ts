import type { Configuration } from '../config/configuration.js';
import { operationText, type SingleOperation } from '../model/operation.js';
import { problemText } from '../model/problem.js';
import type { CleanupReport, PreparationReport, Rehearsal } from '../model/status-report.js';
import { AgentNotRunning, askAgent } from './admin-client.js';
import { EXIT } from './exit.js';
import type { CleanupOptions } from './run.js';

/** `plan`: what a first pass would do; the exit code says whether something in the way of it needs a person. */
export async function runPlan(rehearse: () => Promise<Rehearsal>): Promise<number> {
  const { preparation, operations, problems } = await rehearse();
  process.stdout.write(planText(preparation, operations));
  for (const problem of problems) process.stderr.write(`! ${problemText(problem)}\n`);
  return problems.length === 0 ? EXIT.good : EXIT.problem;
}

/** A plan for people, in the order in which it would be performed. */
export function planText(preparation: readonly string[], operations: readonly SingleOperation[]): string {
  const total = preparation.length + operations.length;
  if (total === 0) return 'Nothing to change: the kernel is as desired.\n';
  const lines = [
    ...preparation.map((sentence) => `  prepare: ${sentence}`),
    ...operations.map((operation) => `  ${operationText(operation)}`),
  ];
  return `${total} ${total === 1 ? 'change' : 'changes'}, in this order:\n${lines.join('\n')}\n`;
}

/** `--init-only`: what needs more than CAP_NET_ADMIN, and nothing else; the agent proper runs afterwards. */
export async function runInitOnly(
  { warnings }: Configuration,
  prepare: () => Promise<PreparationReport>,
): Promise<number> {
  const { done, lacking = [], ...prepared } = await prepare();
  for (const warning of [...warnings, ...prepared.warnings, ...lacking])
    process.stderr.write(`! ${warning}\n`);
  process.stdout.write(done.length === 0 ? 'Nothing to prepare.\n' : `${done.join('\n')}\n`);
  return lacking.length === 0 ? EXIT.good : EXIT.problem;
}

/** `cleanup`: refuses while an agent runs, since it would put everything back at once. */
export async function runCleanup(
  options: CleanupOptions,
  cleanUp: () => Promise<CleanupReport>,
): Promise<number> {
  if (await isRunning(options.adminSocket)) {
    process.stderr.write(
      `kube-ipvs-proxy: an agent is running on this node and would put everything back. Stop it first.\n`,
    );
    return EXIT.problem;
  }
  const { done, foreign, problems } = await cleanUp();
  process.stdout.write(done.length === 0 ? 'Nothing of ours was there.\n' : `${done.join('\n')}\n`);
  if (foreign > 0)
    process.stdout.write(
      `Left alone: ${foreign} virtual server${foreign === 1 ? '' : 's'} of other programs.\n`,
    );
  for (const problem of problems) process.stderr.write(`! ${problemText(problem)}\n`);
  return problems.length === 0 ? EXIT.good : EXIT.problem;
}

async function isRunning(adminSocket: string): Promise<boolean> {
  try {
    await askAgent(adminSocket, '/status');
    return true;
  } catch (error) {
    if (error instanceof AgentNotRunning) return false;
    throw error;
  }
}
