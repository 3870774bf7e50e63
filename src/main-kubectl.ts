#!/usr/bin/env node
import type { Command } from 'commander';
import { COMPLETION_PROGRAM, kubectlCompletion } from './cli/completion.js';
import { EXIT, endedBy, ignoreClosedPipe } from './cli/exit.js';
import { AGENTS, type Fleet, sendToNodes } from './cli/fleet/node-options.js';
import { emptyCommandLine } from './cli/program.js';
import { addViewCommands, type KernelViews } from './cli/view-commands.js';
import { composeAllNodes, composeNodeNames, composeOneNode } from './compose-fleet.js';
import { VERSION } from './config/version.js';

/**
 * `kubectl ipvs`: the commands that look, each sent to the agents' pods with kubectl's own credentials. It runs where
 * people work, without the addon and without a node of its own.
 */

const fleet: Fleet = { allNodes: composeAllNodes, oneNode: composeOneNode };

const MORE = `
status, why, diff and check ask all nodes unless --node names one; the others
need --node.
The connection is kubectl's: --kubeconfig, --context, KUBECONFIG, ~/.kube/config.
Exit codes: 0 good, 1 a problem was found, 2 wrong usage, 3 no agent answered,
4 there is nothing of what was asked for.`;

function elsewhere(): never {
  throw new Error('this is known on the nodes alone');
}
// Never asked: every command is sent to a node but `why --explain`, which looks at no kernel.
const NO_KERNEL: KernelViews = {
  status: elsewhere,
  rows: elsewhere,
  connections: elsewhere,
  look: elsewhere,
  supportSources: elsewhere,
  node: { condition: elsewhere, apiServer: elsewhere },
};

async function main(words: readonly string[]): Promise<number> {
  let code: number = EXIT.good;
  const done = (answer: number) => {
    code = answer;
  };
  const description = 'Ask the agents of kube-ipvs-proxy in this cluster why a Service does not work.';
  const program = emptyCommandLine(VERSION, { name: 'kubectl ipvs', description, more: MORE });
  addViewCommands(program, NO_KERNEL, done);
  addCompletion(program);
  // What a code means stands in this program as well.
  if (!words.some((word) => /^--explain(=|$)/.test(word))) sendToNodes(program, words, fleet, done);
  try {
    if (words[0] === '__complete') return await complete(program, words.slice(1));
    await program.parseAsync(words, { from: 'user' });
    return code;
  } catch (error) {
    return endedBy(error);
  }
}

function addCompletion(program: Command): void {
  program
    .command('completion')
    .description('print what completes this for kubectl; as `kubectl_complete-ipvs` in a folder of PATH')
    .action(() => void process.stdout.write(COMPLETION_PROGRAM));
}

/** What is offered at a prompt; commander would take `--help` and `--version` among these words for itself. */
async function complete(program: Command, words: readonly string[]): Promise<number> {
  const nodes = () => composeNodeNames({ kubeconfig: undefined, context: undefined, ...AGENTS });
  process.stdout.write(await kubectlCompletion(program, words, nodes));
  return EXIT.good;
}

for (const stream of [process.stdout, process.stderr]) ignoreClosedPipe(stream);

void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
