import { nothingDesired } from '../desired/desired-dataplane.js';
import type { Kernel } from '../kernel/kernel.js';
import { allKeys } from '../model/kernel-keys.js';
import type { CleanupReport } from '../model/status-report.js';
import { isLedgerLost, planRemains } from '../plan/adoption.js';
import { plan } from '../plan/plan.js';
import { failureProblem } from './failure-text.js';
import { alone } from './round.js';
import { StageRunner } from './stage-runner.js';

/** Removes everything of ours at once, without draining, and nothing else. */
export async function cleanUp(kernel: Kernel): Promise<CleanupReport> {
  const { dataplane, foreign } = await kernel.observe();
  const nothing = nothingDesired();
  const ledgerLost = isLedgerLost(dataplane);
  const run = new StageRunner(kernel, dataplane);
  await run.perform(alone(() => plan(allKeys(dataplane), nothing, dataplane, () => true)));
  if (ledgerLost) await run.perform(alone(() => planRemains(nothing, dataplane)));
  const { counts, failures } = run.result;
  const problems = [...failures.values()].map((failure) => failureProblem(failure, undefined));
  // The table is the ledger: as long as anything of ours is left it has to stay.
  const dismantled = problems.length === 0 ? await kernel.dismantle() : [];
  const removed = [...counts.done].map(([kind, count]) => `${kind}: ${count}`);
  return { done: [...removed, ...dismantled], foreign: foreign.length, problems };
}
