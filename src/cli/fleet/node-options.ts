import type { Writable } from 'node:stream';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { FleetQuestion, NodeAnswer } from '../../model/node-answer.js';
import { FOR_ALL_NODES, VIEW_COMMANDS } from '../command-words.js';
import { EXIT, explainFailure } from '../exit.js';
import { fetchSupportBundle } from '../support-bundle/support-bundle.js';
import { runAllNodes } from './all-nodes.js';

/** What the API server side of a command is made of; see `compose-fleet.ts`. */
export interface Fleet {
  readonly allNodes: (question: FleetQuestion) => Promise<readonly NodeAnswer[]>;
  /** `stdout`: where what the command prints goes instead. */
  readonly oneNode: (node: string, question: FleetQuestion, stdout?: Writable) => Promise<number>;
}

interface NodeOptions {
  readonly allNodes?: boolean;
  readonly node?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly agentNamespace: string;
  readonly agentSelector: string;
  readonly nodeDeadline: number;
  readonly output?: string;
  readonly timeLimit?: number;
}

/** Where the agents are as the manifests of this project have them. */
export const AGENTS = { agentNamespace: 'kube-system', agentSelector: 'k8s-app=kube-ipvs-proxy' } as const;

/** Adds `--all-nodes`, `--node` and what goes with them to the commands that can be asked from afar. */
export function addNodeOptions(program: Command): void {
  for (const command of program.commands)
    if (VIEW_COMMANDS.has(command.name())) {
      if (FOR_ALL_NODES.has(command.name()))
        command.addOption(
          new Option('--all-nodes', 'ask the agents of all nodes, through the API server').conflicts('node'),
        );
      command
        .option('--node <name>', 'ask the agent of this node, through the API server')
        .option('--kubeconfig <file>', 'of the API server; otherwise as kubectl finds it')
        .option('--context <name>', 'of that kubeconfig')
        .option('--agent-namespace <name>', "the agents' namespace", AGENTS.agentNamespace)
        .option('--agent-selector <selector>', "the labels of the agents' pods", AGENTS.agentSelector)
        .option('--node-deadline <seconds>', 'how long each node may take', deadline, 10);
    }
}

/** Whether the words ask for another node than this; what follows `--` is no option. */
export function areForNodes(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  const options = end < 0 ? words : words.slice(0, end);
  return options.some((word) => word === '--all-nodes' || word === '--node' || word.startsWith('--node='));
}

/** A command that shows one node does not know which. */
class NodeMissing extends Error {
  override readonly name = 'NodeMissing';

  constructor(command: string) {
    super(`${command} shows one node; name it with --node (\`kubectl get nodes\` lists them).`);
  }
}

/** Has these commands sent to the agents instead of looking at this node: to all, unless one is named. */
export function sendToNodes(
  program: Command,
  words: readonly string[],
  fleet: Fleet,
  done: (code: number) => void,
): void {
  for (const command of program.commands)
    if (VIEW_COMMANDS.has(command.name()))
      command.action(async () => {
        const options = command.opts<NodeOptions>();
        const { node, kubeconfig, context, agentNamespace, agentSelector } = options;
        const place = { kubeconfig, context, agentNamespace, agentSelector };
        const question = { ...place, deadline: options.nodeDeadline * 1000 };
        if (node !== undefined) {
          const asked = { ...question, words: wordsForAgent(words) };
          const ask =
            command.name() === 'support-bundle'
              ? () => fetchBundle(node, options, asked, fleet)
              : () => fleet.oneNode(node, asked);
          return done(await onOneNode(ask));
        }
        if (!FOR_ALL_NODES.has(command.name())) throw new NodeMissing(command.name());
        const asked = { ...question, words: withoutOption(wordsForAgent(words), '-o', '--output') };
        done(await runAllNodes(command.name(), options.output ?? 'table', () => fleet.allNodes(asked)));
      });
}

// The archive is made there and the file here; nothing of it comes before it is whole.
async function fetchBundle(
  node: string,
  { output, timeLimit = 0 }: NodeOptions,
  question: FleetQuestion,
  fleet: Fleet,
): Promise<number> {
  const words = [...withoutOption(question.words, '-o', '--output'), '-o', '-'];
  const deadline = question.deadline + timeLimit * 1000;
  return fetchSupportBundle(node, output, (stdout) =>
    fleet.oneNode(node, { ...question, words, deadline }, stdout),
  );
}

// Whatever was in the way, nothing is known of the node: that is another answer than a problem of it.
async function onOneNode(ask: () => Promise<number>): Promise<number> {
  try {
    return await ask();
  } catch (error) {
    process.stderr.write(`kube-ipvs-proxy: ${explainFailure(error)}\n`);
    return EXIT.unreachable;
  }
}

const WITH_VALUE = [
  '--node',
  '--kubeconfig',
  '--context',
  '--agent-namespace',
  '--agent-selector',
  '--node-deadline',
];

/** The same words without those that are for us. */
export function wordsForAgent(words: readonly string[]): string[] {
  return WITH_VALUE.reduce(
    (rest, name) => withoutOption(rest, name),
    words.filter((word) => word !== '--all-nodes'),
  );
}

/** Without `--name value`, `--name=value`, and of a short name `-xvalue`. */
function withoutOption(words: readonly string[], ...names: readonly string[]): string[] {
  const isNamed = (word: string | undefined) => word !== undefined && names.includes(word);
  return words.filter(
    (word, index) =>
      !isNamed(word) &&
      !isNamed(words[index - 1]) &&
      !names.some((name) => word.startsWith(name.startsWith('--') ? `${name}=` : name)),
  );
}

function deadline(text: string): number {
  const seconds = Number(text);
  if (seconds >= 0.1 && seconds <= 600) return seconds;
  throw new InvalidArgumentError(`'${text}' is no number of seconds from 0.1 to 600.`);
}
