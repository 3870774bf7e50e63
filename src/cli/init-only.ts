import type { Configuration } from '../config/configuration.js';
import type { PreparationReport } from '../model/status-report.js';
import { EXIT } from './exit.js';

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
