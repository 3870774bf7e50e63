import type { Command } from 'commander';
import { areForNodes, type Fleet, sendToNodes } from './cli/fleet/node-options.js';
import { type Done, emptyCommandLine } from './cli/program.js';
import { addViewCommands, type KernelViews } from './cli/view-commands.js';
import { VERSION } from './config/version.js';

/** The kernel's part is loaded where no agent answers. */
export const LOADED_VIEWS: KernelViews = {
  status: async () => (await kernelViews()).status(),
  async *rows(query) {
    yield* (await kernelViews()).rows(query);
  },
  async *connections() {
    yield* (await kernelViews()).connections();
  },
  supportSources: async () => (await kernelViews()).supportSources(),
  look: async (question) => (await kernelViews()).look(question),
  node: {
    condition: async (agentRuns) => (await kernelViews()).node.condition(agentRuns),
    apiServer: async (kubeconfig) => (await kernelViews()).node.apiServer(kubeconfig),
  },
};

async function kernelViews(): Promise<KernelViews> {
  return (await import('./compose-kernel-views.js')).KERNEL_VIEWS;
}

const FLEET: Fleet = {
  allNodes: async (question) => (await import('./compose-fleet.js')).composeAllNodes(question),
  oneNode: async (node, question) => (await import('./compose-fleet.js')).composeOneNode(node, question),
};

/** The command line with the commands alone that look and change nothing. */
export function viewCommandLine(done: Done, words: readonly string[]): Command {
  const program = emptyCommandLine(VERSION);
  addViewCommands(program, LOADED_VIEWS, done);
  if (areForNodes(words)) sendToNodes(program, words, FLEET, done);
  return program;
}
