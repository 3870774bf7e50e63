/** What came of a command that was sent to the agent of one node. */
export interface NodeAnswer {
  readonly node: string;
  /** The agent's; undefined where the node has none. */
  readonly pod: string | undefined;
  readonly outcome: NodeOutcome;
}

/** `ended`: the command ran there. The other two say why it did not. */
export type NodeOutcome =
  | { readonly kind: 'ended'; readonly code: number; readonly output: CommandOutput }
  | { readonly kind: 'no agent' | 'no answer'; readonly reason: string };

interface CommandOutput {
  /** The beginning of stdout. */
  readonly text: string;
  /** Of all of stdout. */
  readonly lines: number;
  /** The beginning of stderr. */
  readonly errors: string;
}

/** How the agents of a cluster are found and asked. */
export interface FleetQuestion {
  /** Words for the agent's own command line. */
  readonly words: readonly string[];
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly agentNamespace: string;
  /** A label selector. */
  readonly agentSelector: string;
  /** Milliseconds that one node may take. */
  readonly deadline: number;
}
