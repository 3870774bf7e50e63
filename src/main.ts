#!/usr/bin/env node
import './engine.js';
import { CommanderError } from 'commander';
import { commandLine } from './cli/command-line.js';
import { EXIT, explainFailure, ignoreClosedPipe } from './cli/exit.js';
import { runManifest } from './cli/manifest.js';
import { runCleanup, runInitOnly, runPlan } from './cli/node-commands.js';
import { runAgent } from './cli/run.js';
import { runStatus } from './cli/status.js';
import { runVersion } from './cli/version.js';
import { commandWords } from './cli/words.js';
import { composeAgent } from './compose.js';
import {
  composeCleanup,
  composeKernelStatus,
  composePreparation,
  composeRehearsal,
  composeVersion,
} from './compose-commands.js';
import { composeManifest, OVERLAY_CHOICE } from './compose-manifest.js';
import { ConfigError } from './config/config-error.js';
import { VERSION } from './config/version.js';

/** The exit code of what the command line asks for; see `--help` for the codes. */
async function main(words: readonly string[]): Promise<number> {
  let code: number = EXIT.good;
  const program = commandLine(
    VERSION,
    {
      run: (configuration) =>
        runAgent(configuration, (listener) => composeAgent(configuration, VERSION, listener)),
      initOnly: (configuration) =>
        runInitOnly(configuration, () => composePreparation(configuration.settings)),
      status: (options) => runStatus(options, composeKernelStatus),
      plan: ({ settings }) => runPlan(() => composeRehearsal(settings, VERSION)),
      cleanup: (options) => runCleanup(options, composeCleanup),
      manifest: (options) => runManifest(() => composeManifest(options)),
      overlays: OVERLAY_CHOICE,
      version: (options) => runVersion(options, () => composeVersion(VERSION)),
    },
    (answer) => {
      code = answer;
    },
  );
  try {
    await program.parseAsync(commandWords(words), { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.good : EXIT.usage;
    process.stderr.write(`kube-ipvs-proxy: ${explainFailure(error)}\n`);
    return error instanceof ConfigError ? EXIT.usage : EXIT.problem;
  }
}

for (const stream of [process.stdout, process.stderr]) ignoreClosedPipe(stream);

process.exitCode = await main(process.argv.slice(2));
