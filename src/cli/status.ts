import { counted } from '../model/counted.js';
import { MOST_PROBLEMS, type Problem, problemGroups, problemText } from '../model/problem.js';
import type { AgentStatus, StatusReport, UnmetStatus, WatchedResource } from '../model/status-report.js';
import { AgentAnswerError, AgentNotRunning, askAgent } from './admin-client.js';
import { columns } from './columns.js';
import { EXIT, explainFailure } from './exit.js';
import { WIDTH, wrapped } from './paragraph.js';

export interface StatusOptions {
  readonly adminSocket: string;
  readonly output: 'table' | 'json';
}

/** `status`: asks the agent, and where none runs the kernel itself. */
export async function runStatus(
  options: StatusOptions,
  lookAtKernel: () => Promise<StatusReport>,
): Promise<number> {
  const isMachine = options.output === 'json';
  const report = await fetchReport(options.adminSocket, isMachine, () => kernelReport(lookAtKernel));
  process.stdout.write(isMachine ? `${JSON.stringify(report, null, 2)}\n` : statusText(report));
  if (report.agent === undefined) return EXIT.unreachable;
  return report.agent.synced && report.agent.problems.length === 0 ? EXIT.good : EXIT.problem;
}

async function fetchReport(
  adminSocket: string,
  withTables: boolean,
  lookAtKernel: () => Promise<StatusReport>,
): Promise<StatusReport> {
  try {
    return (await askAgent(adminSocket, '/status', { tables: withTables ? '1' : '0' })) as StatusReport;
  } catch (error) {
    if (error instanceof AgentAnswerError)
      process.stderr.write(`${error.message}\nReading the kernel instead.\n`);
    else if (!(error instanceof AgentNotRunning)) throw error;
    return lookAtKernel();
  }
}

// Without IPVS, or without the right to look, the report is that nothing can be seen, and why.
async function kernelReport(lookAtKernel: () => Promise<StatusReport>): Promise<StatusReport> {
  try {
    return await lookAtKernel();
  } catch (error) {
    const counts = { virtualServers: 0, realServers: 0, draining: 0, foreign: 0 };
    const nothing = { virtualServers: [], unmet: [], withoutEndpoints: [] };
    return { version: 1, agent: undefined, kernelFailure: explainFailure(error), counts, ...nothing };
  }
}

/** The report for people: verdict, what is wrong, how much there is. `services` has the tables. */
export function statusText(report: StatusReport): string {
  const { unmet, withoutEndpoints, nodeLocal = [], agent } = report;
  const lines = [...wrapped(verdict(report), WIDTH), ...problemLines(agent?.problems ?? [])];
  if (unmet.length > 0) lines.push('', 'Not as their Services want them:', ...unmetLines(unmet));
  if (withoutEndpoints.length > 0)
    lines.push('', 'Refused, because the Service has no usable endpoint:', ...refusedLines(withoutEndpoints));
  if (nodeLocal.length > 0)
    lines.push('', 'Left to a process of this node, which listens there:', ...refusedLines(nodeLocal));
  if (agent !== undefined) lines.push('', ...columns(agentFacts(agent, report)));
  lines.push('', nextCommand(report));
  return `${lines.join('\n')}\n`;
}

function nextCommand({ kernelFailure }: StatusReport): string {
  return kernelFailure === undefined
    ? 'kube-ipvs-proxy services lists what is programmed.'
    : 'kube-ipvs-proxy check shows what this node needs for Services.';
}

function refusedLines(refused: StatusReport['withoutEndpoints']): string[] {
  const rows = refused.slice(0, MOST_PROBLEMS).map(({ service, frontend, offered }) => {
    const why = offered === undefined ? [] : [`its EndpointSlices offer ${offered} instead`];
    return [`  ${service}`, frontend, ...why];
  });
  const more = refused.length - rows.length;
  return [...columns(rows), ...(more > 0 ? [`  ${more} more, all of them with -o json.`] : [])];
}

function agentFacts(agent: AgentStatus, { counts }: StatusReport): string[][] {
  const { totals, lagSeconds, lastPassSeconds, watch = [], auditRoundSeconds } = agent;
  const lag = lagSeconds === undefined ? '' : `, ended ${milliseconds(lagSeconds)} after the change`;
  const pass = lastPassSeconds === undefined ? 'none yet' : `took ${milliseconds(lastPassSeconds)}${lag}`;
  const foreign = `${counted(counts.foreign, 'virtual server')} of other programs`;
  return [
    ['last pass', pass],
    [
      'draining',
      `${counted(counts.draining, 'server')} with weight 0, of which ${agent.drains} until a deadline`,
    ],
    ['drift', `${totals.drift} since the start; all is compared every ${auditRoundSeconds} seconds`],
    ...(counts.foreign > 0 ? [['foreign', foreign]] : []),
    ...watch.filter(({ served }) => served).map(watchFact),
    ['versions', `kube-ipvs-proxy ${agent.version}, Node.js ${agent.nodeVersion}`],
    ...agent.kernel.split('; ').map((fact, index) => [index === 0 ? 'kernel' : '', fact]),
  ];
}

function watchFact({ resource, objects, complete, events, failures }: WatchedResource): string[] {
  const state = complete ? counted(objects, 'object') : 'not complete yet';
  const failed = failures === 0 ? '' : `, ${counted(failures, 'failure')}`;
  return ['watch', `${plainName(resource)}: ${state}, ${counted(events, 'event')}${failed}`];
}

/** `endpointslices.discovery.k8s.io` without its group. */
function plainName(resource: string): string {
  return resource.split('.', 1)[0] ?? resource;
}

function milliseconds(seconds: number): string {
  return seconds < 10 ? `${Math.round(seconds * 1000)} ms` : `${Math.round(seconds)} s`;
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
    const shown = group.slice(0, MOST_PROBLEMS).map(problemText);
    const more = group.length - shown.length;
    if (more > 0) shown.push(`${name}: ${more} more, all of them with -o json.`);
    return shown.flatMap(problemLine);
  });
}

// As `check` marks and indents it, by which `--all-nodes` tells where a problem ends.
function problemLine(sentence: string): string[] {
  const [first = '', ...rest] = wrapped(sentence, WIDTH - PROBLEM_INDENT.length);
  return [`! ${first}`, ...rest.map((line) => `${PROBLEM_INDENT}${line}`)];
}

const PROBLEM_INDENT = '    ';

function verdict({ agent, counts, kernelFailure }: StatusReport): string {
  if (kernelFailure !== undefined)
    return `No agent answers, and nothing can be seen in the kernel: ${kernelFailure}`;
  const size = `${counted(counts.virtualServers, 'virtual server')}, ${counted(counts.realServers, 'real server')}`;
  if (agent === undefined) return `No agent answers. The kernel has ${size}.`;
  const services = counted(agent.services, 'Service');
  if (!agent.complete) return `Not started: ${waitingText(agent)} The kernel has ${size}.`;
  if (!agent.synced) return `Not in sync: ${services}; the kernel has ${size}.`;
  return agent.problems.length === 0
    ? `In sync: ${services}, ${size}.`
    : `In sync with ${counted(agent.problems.length, 'problem')}: ${services}, ${size}.`;
}

// The whole problem stands below; the verdict says which it is.
function waitingText({ problems, watch = [] }: AgentStatus): string {
  const reason = problems.find(({ kind }) => kind === 'source' || kind === 'kernel');
  if (reason !== undefined) return (reason.cause ?? reason.message).replace(/\.?$/, '.');
  const missing = watch.filter(({ complete, served }) => served && !complete);
  const names = missing.map(({ resource }) => plainName(resource)).join(', ');
  return names === '' ? 'the source has not sent everything yet.' : `${names} have not arrived in full yet.`;
}
