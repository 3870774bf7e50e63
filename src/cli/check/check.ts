import type { CheckLine, NodeEvidence } from '../../diagnosis/check-line.js';
import { checkNode, type NodeReport } from '../../diagnosis/check-node.js';
import type { AgentFact, ApiServerFact, NodeCondition } from '../../model/node-condition.js';
import type { StatusReport } from '../../model/status-report.js';
import { AgentAnswerError, AgentNotRunning, askAgent } from '../admin-client.js';
import { EXIT } from '../exit.js';
import { hasColour, sayAfterASecond } from '../output.js';
import { COLOURED, hanging, PLAIN, type Style, WIDTH, wrapped } from '../paragraph.js';

export interface CheckOptions {
  readonly adminSocket: string;
  readonly output: 'text' | 'json';
  readonly kubeconfig?: string;
}

/** What is read of this node, and of the API server where no agent can be asked for it. */
export interface NodeLook {
  readonly condition: (agentRuns: boolean) => Promise<NodeCondition>;
  readonly apiServer: (kubeconfig: string) => Promise<ApiServerFact>;
}

/** `check`: whether this node has what Services need. It changes nothing, and needs no agent. */
export async function runCheck(options: CheckOptions, look: NodeLook): Promise<number> {
  const stop = sayAfterASecond('looking …');
  const report = checkNode(await gather(options, look).finally(stop));
  const style = hasColour(process.stdout) ? COLOURED : PLAIN;
  process.stdout.write(options.output === 'json' ? checkJson(report) : checkText(report, style));
  return report.verdict === 'passes' ? EXIT.good : EXIT.problem;
}

/** The report for programs, as docs/schemas/check.v1.json has it. */
export function checkJson(report: NodeReport): string {
  return `${JSON.stringify({ version: 1, kind: 'NodeReport', ...report }, null, 2)}\n`;
}

// The agent first: where it answers, its modules are loaded, and asking the kernel loads none.
async function gather({ adminSocket, kubeconfig }: CheckOptions, look: NodeLook): Promise<NodeEvidence> {
  const agent = await agentFact(adminSocket);
  const [node, apiServer] = await Promise.all([
    look.condition(agent.kind === 'answers'),
    agent.kind === 'answers'
      ? apiServerOfAgent(adminSocket)
      : kubeconfig === undefined
        ? undefined
        : look.apiServer(kubeconfig),
  ]);
  return { agent, apiServer, node };
}

async function agentFact(adminSocket: string): Promise<AgentFact> {
  try {
    const { agent } = (await askAgent(adminSocket, '/status', { tables: '0' })) as StatusReport;
    if (agent === undefined) return { kind: 'unusable', message: 'what answers is no agent' };
    const { version, complete, problems } = agent;
    return { kind: 'answers', version, complete, problems: problems.length };
  } catch (error) {
    if (error instanceof AgentNotRunning) return { kind: 'silent' };
    if (error instanceof AgentAnswerError) return { kind: 'unusable', message: error.message };
    throw error;
  }
}

async function apiServerOfAgent(adminSocket: string): Promise<ApiServerFact | string> {
  try {
    const answer = await askAgent(adminSocket, '/api-server');
    return answer === null ? 'the agent reads Services from a folder' : (answer as ApiServerFact);
  } catch (error) {
    if (error instanceof AgentNotRunning || error instanceof AgentAnswerError) return error.message;
    throw error;
  }
}

/** As in `why`: ! explains why Services suffer, - is worth knowing. */
const MARKS: Readonly<Record<CheckLine['verdict'], string>> = {
  problem: '! ',
  remark: '- ',
  unknown: '? ',
  fine: '  ',
};

/** By which `--all-nodes` tells what goes on from what would mend it. */
const INDENT = '    ';
const HINT_INDENT = '      ';

/** Verdict, then a line for each check; what is not fine with what would mend it, and where more is said. */
export function checkText({ verdict, sentence, checks }: NodeReport, style: Style): string {
  const paint = verdict === 'passes' ? style.good : style.bad;
  const lines = [
    ...wrapped(sentence, WIDTH).map(paint),
    '',
    ...checks.flatMap((check) => textOf(check, style)),
  ];
  return `${lines.join('\n')}\n`;
}

function textOf({ name, verdict, sentence, code, hint, link }: CheckLine, style: Style): string[] {
  const text = code === undefined ? `${name}: ${sentence}` : `${name}: ${sentence} (${code})`;
  const [first = '', ...rest] = wrapped(text, WIDTH - INDENT.length);
  const lines = [`${MARKS[verdict]}${first}`, ...rest.map((line) => `${INDENT}${line}`)];
  const more = hint === undefined ? [] : [hint, link ?? ''].flatMap((line) => hanging(HINT_INDENT, line));
  return [...(verdict === 'problem' ? lines.map(style.bad) : lines), ...more];
}
