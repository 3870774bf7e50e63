#!/usr/bin/env -S node --initial-heap-size=32
import { EXIT, endedBy, ignoreClosedPipe } from './cli/exit.js';
import { areForNodes, type Fleet, sendToNodes } from './cli/fleet/node-options.js';
import { addViewCommands, emptyCommandLine, isViewCommand, type KernelViews } from './cli/view-commands.js';
import type { Done, Parsing } from './compose-command-line.js';
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

async function fullCommandLine(words: readonly string[], done: Done): Promise<Parsing> {
  // Before anything that it should hold for.
  await import('./engine.js');
  return (await import('./compose-command-line.js')).fullCommandLine(words, kernel, done);
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
