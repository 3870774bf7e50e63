#!/usr/bin/env -S node --initial-heap-size=32
import type { Command } from 'commander';
import { EXIT, endedBy, ignoreClosedPipe } from './cli/exit.js';
import { areForNodes, type Fleet, sendToNodes } from './cli/fleet/node-options.js';
import { addViewCommands, emptyCommandLine, isViewCommand, type KernelViews } from './cli/view-commands.js';
import { VERSION } from './config/version.js';

/** What is loaded only by who needs it: a command that looks at something should not wait for the agent's parts. */
const kernel: KernelViews = {
  status: async () => (await import('./compose-commands.js')).composeKernelStatus(),
  async *rows(query) {
    yield* (await import('./compose-commands.js')).composeKernelRows(query);
  },
  async *connections() {
    yield* (await import('./compose-commands.js')).composeConnections();
  },
  supportSources: async () => (await import('./compose-support.js')).composeSupportSources(VERSION),
  look: async (question) => (await import('./compose-commands.js')).composeKernelLook(question),
  node: {
    condition: async (agentRuns) => (await import('./compose-check.js')).composeCondition(agentRuns),
    apiServer: async (kubeconfig) =>
      (await import('./compose-check.js')).composeServerLook(kubeconfig, VERSION),
  },
};

const fleet: Fleet = {
  allNodes: async (question) => (await import('./compose-fleet.js')).composeAllNodes(question),
  oneNode: async (node, question) => (await import('./compose-fleet.js')).composeOneNode(node, question),
};

type Done = (code: number) => void;

interface Parsing {
  readonly program: Command;
  readonly words: readonly string[];
}

async function fullCommandLine(words: readonly string[], done: Done): Promise<Parsing> {
  // Before anything that it should hold for.
  await import('./engine.js');
  const [{ commandLine }, { commandWords }, { OVERLAY_CHOICE, composeManifest }, { runManifest }] =
    await Promise.all([
      import('./cli/command-line.js'),
      import('./cli/words.js'),
      import('./compose-manifest.js'),
      import('./cli/manifest.js'),
    ]);
  const [agent, compose, ending, nodeCommands, { runVersion }] = await Promise.all([
    import('./cli/run.js'),
    import('./compose.js'),
    import('./compose-commands.js'),
    import('./cli/node-commands.js'),
    import('./cli/version.js'),
  ]);
  const commands = {
    run: (configuration) =>
      agent.runAgent(configuration, (listener) => compose.composeAgent(configuration, VERSION, listener)),
    initOnly: (configuration) =>
      nodeCommands.runInitOnly(configuration, () => ending.composePreparation(configuration.settings)),
    plan: ({ settings }) => nodeCommands.runPlan(() => ending.composeRehearsal(settings, VERSION)),
    selftest: async (options) => {
      const { runSelftest } = await import('./cli/selftest.js');
      const { composeTrial } = await import('./compose-selftest.js');
      return runSelftest(options, { open: composeTrial, write: (text) => void process.stdout.write(text) });
    },
    cleanup: (options) => nodeCommands.runCleanup(options, ending.composeCleanup),
    manifest: (options) => runManifest(() => composeManifest(options)),
    overlays: OVERLAY_CHOICE,
    version: (options) => runVersion(options, () => ending.composeVersion(VERSION)),
    kernel,
  } satisfies Parameters<typeof commandLine>[1];
  return { program: commandLine(VERSION, commands, done), words: commandWords(words) };
}

function viewCommandLine(words: readonly string[], done: Done): Parsing {
  const program = emptyCommandLine(VERSION);
  addViewCommands(program, kernel, done);
  if (areForNodes(words)) sendToNodes(program, words, fleet, done);
  return { program, words };
}

/** The exit code of what the command line asks for; see `--help` for the codes. */
async function main(given: readonly string[]): Promise<number> {
  let code: number = EXIT.good;
  const done: Done = (answer) => {
    code = answer;
  };
  try {
    const { program, words } = isViewCommand(given)
      ? viewCommandLine(given, done)
      : await fullCommandLine(given, done);
    await program.parseAsync(words, { from: 'user' });
    return code;
  } catch (error) {
    return endedBy(error);
  }
}

for (const stream of [process.stdout, process.stderr]) ignoreClosedPipe(stream);

process.exitCode = await main(process.argv.slice(2));
