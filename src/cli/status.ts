import type { StatusReport } from '../model/status-report.js';
import { AgentNotRunning, askAgent } from './admin-client.js';
import type { StatusOptions } from './command-line.js';
import { EXIT } from './exit.js';
import { statusTable } from './status-table.js';

/** `status`: asks the agent, and where none runs the kernel itself. */
export async function runStatus(
  options: StatusOptions,
  lookAtKernel: () => Promise<StatusReport>,
): Promise<number> {
  const report = await fetchReport(options.adminSocket, lookAtKernel);
  process.stdout.write(
    options.output === 'json' ? `${JSON.stringify(report, null, 2)}\n` : statusTable(report),
  );
  if (report.agent === undefined) return EXIT.unreachable;
  return report.agent.synced && report.agent.problems.length === 0 ? EXIT.good : EXIT.problem;
}

async function fetchReport(
  adminSocket: string,
  lookAtKernel: () => Promise<StatusReport>,
): Promise<StatusReport> {
  try {
    return (await askAgent(adminSocket, '/status')) as StatusReport;
  } catch (error) {
    if (error instanceof AgentNotRunning) return lookAtKernel();
    throw error;
  }
}
