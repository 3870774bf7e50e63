import type { Command } from 'commander';
import { commandLine } from './cli/command-line.js';
import { runManifest } from './cli/manifest.js';
import { runCleanup, runInitOnly, runPlan } from './cli/node-commands.js';
import { runAgent } from './cli/run.js';
import { runVersion } from './cli/version.js';
import type { KernelViews } from './cli/view-commands.js';
import { commandWords } from './cli/words.js';
import { composeAgent } from './compose.js';
import { composeCleanup, composePreparation, composeRehearsal, composeVersion } from './compose-commands.js';
import { composeManifest, OVERLAY_CHOICE } from './compose-manifest.js';
import { VERSION } from './config/version.js';

export type Done = (code: number) => void;

export interface Parsing {
  readonly program: Command;
  readonly words: readonly string[];
}

/**
 * The command line with all commands, and what they load at once: each file that the bundle has apart costs the start
 * half a millisecond of a processor, 22 ms where the parts of the agent were asked for one by one.
 */
export function fullCommandLine(words: readonly string[], kernel: KernelViews, done: Done): Parsing {
  const commands = {
    run: (configuration) =>
      runAgent(configuration, (listener) => composeAgent(configuration, VERSION, listener)),
    initOnly: (configuration) => runInitOnly(configuration, () => composePreparation(configuration.settings)),
    plan: ({ settings }) => runPlan(() => composeRehearsal(settings, VERSION)),
    selftest: async (options) => {
      const { runSelftest } = await import('./cli/selftest.js');
      const { composeTrial } = await import('./compose-selftest.js');
      return runSelftest(options, { open: composeTrial, write: (text) => void process.stdout.write(text) });
    },
    cleanup: (options) => runCleanup(options, composeCleanup),
    manifest: (options) => runManifest(() => composeManifest(options)),
    overlays: OVERLAY_CHOICE,
    version: (options) => runVersion(options, () => composeVersion(VERSION)),
    kernel,
  } satisfies Parameters<typeof commandLine>[1];
  return { program: commandLine(VERSION, commands, done), words: commandWords(words) };
}
