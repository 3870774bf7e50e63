import type { Writable } from 'node:stream';
import { agentPods } from './fleet/agent-pods.js';
import { askAgents, runOnAgent } from './fleet/ask-agents.js';
import { currentCluster } from './install/current-cluster.js';
import { loadKubeconfig } from './install/kubeconfig.js';
import type { FleetQuestion, NodeAnswer } from './model/node-answer.js';

/** What the agents of all nodes say to one command. Rejects where the API server cannot be asked for nodes and pods. */
export async function composeAllNodes(question: FleetQuestion): Promise<readonly NodeAnswer[]> {
  const { config, agents } = await agentsOf(question);
  return askAgents(config, agents, question.words, question.deadline);
}

/** Runs one command on one node, and writes what it writes; an error says why there is no agent to ask. */
export async function composeOneNode(
  node: string,
  question: FleetQuestion,
  stdout?: Writable,
): Promise<number> {
  const { config, agents } = await agentsOf(question);
  const found = agents.find((agent) => agent.node === node);
  if (found === undefined) {
    const some = agents.slice(0, 5).map((agent) => agent.node);
    throw new Error(
      `there is no Linux node '${node}'; there are ${agents.length}, such as ${some.join(', ')}.`,
    );
  }
  if (found.agent === undefined) throw new Error(`node ${node} has no agent: ${found.reason}.`);
  return runOnAgent(config, found.agent, question.words, question.deadline, stdout);
}

/** The names of the nodes that may be asked; none where the API server does not say it soon. */
export async function composeNodeNames(
  place: Omit<FleetQuestion, 'words' | 'deadline'>,
): Promise<readonly string[]> {
  const patience = new Promise<never[]>((resolve) =>
    setTimeout(resolve, COMPLETION_MILLISECONDS, []).unref(),
  );
  const names = agentsOf({ ...place, words: [], deadline: 0 }).then(({ agents }) =>
    agents.map(({ node }) => node),
  );
  return Promise.race([names, patience]).catch(() => []);
}

/** Somebody waits at a prompt. */
const COMPLETION_MILLISECONDS = 2_000;

async function agentsOf({ kubeconfig, context, agentNamespace, agentSelector }: FleetQuestion) {
  const config = await loadKubeconfig({ kubeconfig, context });
  return { config, agents: await agentPods(currentCluster(config), agentNamespace, agentSelector) };
}
