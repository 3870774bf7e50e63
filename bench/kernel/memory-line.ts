import type { AgentRun } from './agent-run.js';
import { median } from './statistics.js';

export function memoryLine(agents: readonly AgentRun[]): string {
  const middle = (of: (run: AgentRun) => number) => median(agents.map(of)).toFixed(0);
  return (
    `Resident memory of the agent's process, medians: ${middle(({ memory }) => memory.filled)} MB with the cluster known, ` +
    `${middle(({ memory }) => memory.peak)} MB at the peak of the first pass, ` +
    `${middle(({ memory }) => memory.settled)} MB settled (after garbage collection).`
  );
}
