import './engine.js';
import type { Command } from 'commander';
import { runCleanup, runInitOnly } from './cli/node-commands.js';
import { type Done, emptyCommandLine } from './cli/program.js';
import { addRun, type RunCommands, runAgent } from './cli/run.js';
import { composeAgent } from './compose.js';
import { withKernel } from './compose-node.js';
import { VERSION } from './config/version.js';
import { loadAddon } from './kernel/native/addon.js';
import { initNode } from './kernel/node/init-node.js';
import { TrialService } from './kernel/trial-service/trial-service.js';
import type { CleanupReport } from './model/status-report.js';
import { cleanUp } from './reconcile/removal.js';

/** The engine is set first, so that it holds for all that follows. */
export const RUN_COMMANDS: RunCommands = {
  run: (configuration) =>
    runAgent(configuration, (listener) => composeAgent(configuration, VERSION, listener)),
  initOnly: (configuration) => {
    const { nodeSetUp, scheduler } = configuration.settings;
    return runInitOnly(configuration, () => initNode(loadAddon(), nodeSetUp, scheduler));
  },
  cleanup: (options) => runCleanup(options, composeCleanup),
};

/** The command line with `run` alone: to describe all other commands takes a tenth of the start. */
export function runCommandLine(done: Done): Command {
  const program = emptyCommandLine(VERSION);
  addRun(program, RUN_COMMANDS, done);
  return program;
}

/** What a killed self-test left goes too. */
async function composeCleanup(): Promise<CleanupReport> {
  const report = await withKernel(cleanUp);
  const trial = new TrialService(loadAddon());
  try {
    return { ...report, done: [...report.done, ...(await trial.remove())] };
  } finally {
    trial.close();
  }
}
