import type { Agent } from '../../../../lab/agent.js';
import type { Answer } from '../../../../lab/answer.js';
import type { RealServerStatus, StatusReport } from '../../../../src/model/status-report.js';

/** Who answered each request, or what happened instead. */
export function who(answers: readonly Answer[]): string[] {
  return answers.map((answer) => (answer.kind === 'answered' ? answer.pod : answer.kind));
}

/** How often each answered. */
export function tally(answers: readonly Answer[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of who(answers)) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

/** True where every run of `size` answers has each pod once. */
export function takesTurns(answers: readonly Answer[], size: number): boolean {
  const names = who(answers);
  const first = names.slice(0, size);
  return new Set(first).size === size && names.every((name, index) => name === first[index % size]);
}

/** Weights of one frontend's real servers by `address:port`; undefined where there is no virtual server. */
export function weights(report: StatusReport, frontend: string): Record<string, number> | undefined {
  const server = report.virtualServers.find((candidate) => candidate.frontend === frontend);
  return server && Object.fromEntries(server.realServers.map(({ key, weight }) => [key, weight]));
}

/** One real server of one frontend. */
export function realServer(
  report: StatusReport | undefined,
  frontend: string,
  key: string,
): RealServerStatus | undefined {
  const server = report?.virtualServers.find((candidate) => candidate.frontend === frontend);
  return server?.realServers.find((candidate) => candidate.key === key);
}

/** How many operations of each kind the agent has logged since its log had `start` lines. */
export function operationsSince(agent: Agent, start: number): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const line of agent.log.slice(start)) {
    const { operations = {} } = JSON.parse(line) as { operations?: Record<string, number> };
    for (const [kind, count] of Object.entries(operations)) counts[kind] = (counts[kind] ?? 0) + count;
  }
  return counts;
}
