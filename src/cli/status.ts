import { MOST_PROBLEMS, type Problem, problemGroups, problemText } from '../model/problem.js';
import type {
  RealServerStatus,
  StatusReport,
  UnmetStatus,
  VirtualServerStatus,
} from '../model/status-report.js';
import { AgentAnswerError, AgentNotRunning, askAgent } from './admin-client.js';
import { columns } from './columns.js';
import { EXIT } from './exit.js';

export interface StatusOptions {
  readonly adminSocket: string;
  readonly output: 'table' | 'json';
}

/** `status`: asks the agent, and where none runs the kernel itself. */
export async function runStatus(
  options: StatusOptions,
  lookAtKernel: () => Promise<StatusReport>,
): Promise<number> {
  const report = await fetchReport(options.adminSocket, lookAtKernel);
  process.stdout.write(
    options.output === 'json' ? `${JSON.stringify(report, null, 2)}\n` : statusTable(report),
  );
  if (report.agent === undefined) return EXIT.unreachable;
  return report.agent.synced && report.agent.problems.length === 0 ? EXIT.good : EXIT.problem;
}

async function fetchReport(
  adminSocket: string,
  lookAtKernel: () => Promise<StatusReport>,
): Promise<StatusReport> {
  try {
    return (await askAgent(adminSocket, '/status')) as StatusReport;
  } catch (error) {
    if (error instanceof AgentAnswerError)
      process.stderr.write(`${error.message}\nReading the kernel instead.\n`);
    else if (!(error instanceof AgentNotRunning)) throw error;
    return lookAtKernel();
  }
}

/** The report for people: verdict, problems, then the tables. Fits 80 columns for usual names. */
export function statusTable(report: StatusReport): string {
  const { virtualServers, unmet, withoutEndpoints, agent } = report;
  const lines = [verdict(report)];
  lines.push(...problemLines(agent?.problems ?? []));
  if (agent !== undefined)
    lines.push(`What others change is found within ${agent.auditRoundSeconds} seconds.`);
  if (virtualServers.length > 0) lines.push('', ...serverTable(virtualServers));
  if (unmet.length > 0) lines.push('', 'Not as their Services want them:', ...unmetLines(unmet));
  if (withoutEndpoints.length > 0) {
    lines.push('', 'Refused, because the Service has no usable endpoint:');
    const rows = withoutEndpoints.map(({ service, frontend, offered }) => [
      `  ${service}`,
      frontend,
      ...(offered === undefined ? [] : [`its EndpointSlices offer ${offered} instead`]),
    ]);
    lines.push(...columns(rows));
  }
  return `${lines.join('\n')}\n`;
}

/** Ten of each state: while the first pass lasts everything is pending. */
function unmetLines(unmet: readonly UnmetStatus[]): string[] {
  const byState = new Map<string, UnmetStatus[]>();
  for (const entry of unmet) {
    const group = byState.get(entry.state);
    if (group === undefined) byState.set(entry.state, [entry]);
    else group.push(entry);
  }
  const shown = [...byState.values()].flatMap((group) => group.slice(0, MOST_PROBLEMS));
  const more = [...byState].flatMap(([state, { length }]) =>
    length > MOST_PROBLEMS ? [`  ${length - MOST_PROBLEMS} more ${state}, all of them with -o json.`] : [],
  );
  return [...columns(shown.map(unmetRow)), ...more];
}

function unmetRow({ service, frontend, state, reason = '' }: UnmetStatus): string[] {
  return [`  ${service}`, frontend, state, reason];
}

function problemLines(problems: readonly Problem[]): string[] {
  return [...problemGroups(problems)].flatMap(([name, group]) => {
    const lines = group.slice(0, MOST_PROBLEMS).map((problem) => `! ${problemText(problem)}`);
    const more = group.length - lines.length;
    return more > 0 ? [...lines, `! ${name}: ${more} more, all of them with -o json.`] : lines;
  });
}

function verdict({ agent, virtualServers }: StatusReport): string {
  const realServers = virtualServers.reduce((sum, server) => sum + server.realServers.length, 0);
  const size = `${count(virtualServers.length, 'virtual server')}, ${count(realServers, 'real server')}`;
  if (agent === undefined) return `The agent is not running. The kernel has ${size}.`;
  const services = count(agent.services, 'Service');
  if (!agent.complete) return `Waiting for the source to send everything once. The kernel has ${size}.`;
  if (!agent.synced) return `Not in sync: ${services}; the kernel has ${size}.`;
  return agent.problems.length === 0
    ? `In sync: ${services}, ${size}.`
    : `In sync with ${count(agent.problems.length, 'problem')}: ${services}, ${size}.`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

const HEADINGS = [
  ['SERVICE', 'VIP:PORT', 'SCHEDULER', 'AFFINITY', 'STATE'],
  ['  -> REAL SERVER', 'WEIGHT', 'ACTIVE', 'INACTIVE', ''],
];

function serverTable(servers: readonly VirtualServerStatus[]): string[] {
  return columns([...HEADINGS, ...servers.flatMap(serverRows)]);
}

function serverRows(server: VirtualServerStatus): string[][] {
  const affinity = server.persistenceTimeout === 0 ? 'none' : `${server.persistenceTimeout}s`;
  const name = server.service ?? '(not ours)';
  return [
    [name, server.frontend, server.scheduler, affinity, server.state],
    ...server.realServers.map(realServerRow),
  ];
}

function realServerRow({ key, weight, active, inactive, drainSecondsLeft }: RealServerStatus): string[] {
  const why = drainSecondsLeft === undefined ? '' : `drains ${drainSecondsLeft}s`;
  return [`  -> ${key}`, String(weight), String(active), String(inactive), why];
}
