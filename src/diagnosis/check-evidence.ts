import type { AgentFact, ApiServerFact, NodeCondition } from '../model/node-condition.js';

/** Everything that `check` has found out. */
export interface NodeEvidence {
  readonly agent: AgentFact;
  /** Undefined where nobody can be asked who knows the API server; a text says why the answer is missing. */
  readonly apiServer: ApiServerFact | string | undefined;
  readonly node: NodeCondition;
}

/** Nothing of ours is there yet: what the agent sets up is not missed. */
export function isBefore({ agent, node }: Pick<NodeEvidence, 'agent' | 'node'>): boolean {
  return agent.kind === 'silent' && node.rules.frontends === 0;
}
