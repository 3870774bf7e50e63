import { problemText } from '../model/problem.js';
import type { CleanupReport } from '../model/status-report.js';
import { AgentNotRunning, askAgent } from './admin-client.js';
import type { CleanupOptions } from './command-line.js';
import { EXIT } from './exit.js';

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
