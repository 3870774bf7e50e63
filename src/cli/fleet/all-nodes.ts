import { counted } from '../../model/counted.js';
import type { NodeAnswer } from '../../model/node-answer.js';
import { columnsByRow } from '../columns.js';
import { EXIT, explainFailure } from '../exit.js';
import { type ListHead, machineOutput, outputFormat, sayAfterASecond } from '../output.js';
import { hanging, screenWidth, wrapped } from '../paragraph.js';

/** What is shown of one node. Keys are stable. */
interface NodeRow {
  readonly node: string;
  readonly pod?: string;
  readonly state: NodeState;
  /** Of the command on that node. */
  readonly code?: number;
  /** One sentence. */
  readonly answer: string;
  /** The lines that its command marked as such. */
  readonly problems: readonly string[];
}

type NodeState =
  | 'good'
  | 'problem'
  | 'unknown command'
  | 'agent down'
  | 'not there'
  | 'no answer'
  | 'no agent';

const HEAD: ListHead = { version: 1, kind: 'NodeAnswerList', source: 'agent' };
const STATES: readonly NodeState[] = ['good', 'problem', 'unknown command', 'agent down', 'not there'];

/** `--all-nodes`: one row for each node, above them how many nodes say what. */
export async function runAllNodes(
  command: string,
  output: string,
  ask: () => Promise<readonly NodeAnswer[]>,
): Promise<number> {
  const stop = sayAfterASecond('asking the agents of all nodes …');
  let rows: readonly NodeRow[];
  try {
    rows = (await ask()).map((answer) => nodeRow(command, answer));
  } catch (error) {
    process.stderr.write(`kube-ipvs-proxy: ${explainFailure(error)}\n`);
    return EXIT.unreachable;
  } finally {
    stop();
  }
  const write = (text: string) => void process.stdout.write(text);
  const machine = await machineOutput(outputFormat(output) ?? 'table', HEAD, write);
  if (machine === undefined) write(nodesText(command, rows));
  for (const row of rows) machine?.add(row);
  machine?.end();
  return exitCodeOf(rows);
}

/** As every command: nothing wrong; something; nobody answered; nobody has it. */
export function exitCodeOf(rows: readonly NodeRow[]): number {
  const all = (...states: readonly NodeState[]) => rows.every(({ state }) => states.includes(state));
  if (all('no agent', 'no answer', 'agent down')) return EXIT.unreachable;
  if (all('good')) return EXIT.good;
  return all('not there') ? EXIT.nothingFound : EXIT.problem;
}

export function nodeRow(command: string, { node, pod, outcome }: NodeAnswer): NodeRow {
  const place = pod === undefined ? { node } : { node, pod };
  if (outcome.kind !== 'ended')
    return { ...place, state: outcome.kind, answer: printable(outcome.reason), problems: [] };
  const { code, output } = outcome;
  const lines = output.text.split('\n').map(printable);
  const problems = problemsIn(lines);
  const answer = command === 'diff' && code === EXIT.problem ? differences(lines) : sentenceIn(lines);
  const [error = ''] = output.errors.split('\n').map(printable);
  const state = STATES[code] ?? 'problem';
  return { ...place, state, code, answer: answer === '' ? error : answer, problems };
}

// The verdict stands first, wrapped at 80 columns, until an empty line or the first problem.
function sentenceIn(lines: readonly string[]): string {
  const end = lines.findIndex((line) => line === '' || line.startsWith('! '));
  return lines.slice(0, end < 0 ? lines.length : end).join(' ');
}

// Wrapped at 80 columns, as the sentence; what would mend it is indented further.
function problemsIn(lines: readonly string[]): string[] {
  return lines.flatMap((line, index) => {
    if (!line.startsWith('! ')) return [];
    const after = lines.slice(index + 1);
    const end = after.findIndex((next) => !/^ {4}\S/.test(next));
    const rest = after.slice(0, end < 0 ? after.length : end).map((next) => next.trim());
    return [[line.slice(2), ...rest].join(' ')];
  });
}

function differences(lines: readonly string[]): string {
  // Of an agent of 0.2 the line that explains the marks began with one.
  const count = lines.filter((line) => /^[-+~] /.test(line) && !line.startsWith('- wanted and ')).length;
  return `${counted(count, 'difference')}; --node shows them`;
}

// What a node sends goes to a terminal here.
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ').trimEnd();
}

/** For one node, and for several. */
type Verb = readonly [one: string, several: string];

const VERBS: Readonly<Record<Exclude<NodeState, 'good' | 'problem'>, Verb>> = {
  'not there': ['does not have it', 'do not have it'],
  'unknown command': [
    'has an agent that does not know this command',
    'have agents that do not know this command',
  ],
  'agent down': ['has a pod in which no agent runs', 'have pods in which no agent runs'],
  'no answer': ['did not answer', 'did not answer'],
  'no agent': ['has no agent', 'have no agent'],
};

const GOOD: Readonly<Record<string, Verb>> = {
  status: ['is in sync', 'are in sync'],
  why: ['has it working', 'have it working'],
  diff: ['is as desired', 'are as desired'],
  check: ['passes', 'pass'],
};
const PROBLEM: Readonly<Record<string, Verb>> = {
  status: ['has problems', 'have problems'],
  why: ['has it not working', 'have it not working'],
  diff: ['differs', 'differ'],
  check: ['does not pass', 'do not pass'],
};

/** The report for people. */
export function nodesText(command: string, rows: readonly NodeRow[]): string {
  if (rows.length === 0) return 'The cluster has no Linux node.\n';
  const [head = [], ...blocks] = columnsByRow([
    ['NODE', 'STATE', 'ANSWER'],
    ...rows.map(({ node, state, answer }) => [node, state, answer]),
  ]);
  const width = screenWidth() ?? Number.POSITIVE_INFINITY;
  const body = rows.flatMap(({ problems }, index) => [
    ...(blocks[index] ?? []),
    ...shortened(problems).flatMap((problem) => hanging('  ! ', problem, width)),
  ]);
  const counts = verdicts(command, rows).flatMap((line) => wrapped(line, width));
  return `${[...counts, '', ...head, ...body].join('\n')}\n`;
}

const MOST_SHOWN = 3;

function shortened(problems: readonly string[]): readonly string[] {
  const shown = problems.slice(0, MOST_SHOWN);
  const more = problems.length - shown.length;
  return more > 0 ? [...shown, `${more} more, all of them with -o json.`] : shown;
}

function verdicts(command: string, rows: readonly NodeRow[]): string[] {
  const order = [...STATES.toReversed().slice(0, -1), 'no answer', 'no agent', 'good'] as const;
  return order.flatMap((state) => {
    const group = rows.filter((row) => row.state === state);
    return group.length === 0 ? [] : [verdict(verbOf(command, state), state, group, rows.length)];
  });
}

function verbOf(command: string, state: NodeState): Verb {
  if (state === 'good') return GOOD[command] ?? ['is good', 'are good'];
  if (state === 'problem') return PROBLEM[command] ?? ['has a problem', 'have problems'];
  return VERBS[state];
}

const MOST_NAMED = 5;

function verdict([one, several]: Verb, state: NodeState, group: readonly NodeRow[], total: number): string {
  const text = `${group.length} of ${total} nodes ${group.length === 1 ? one : several}`;
  if (state === 'good') return `${text}.`;
  const names = group.slice(0, MOST_NAMED).map(({ node }) => node);
  const more = group.length - names.length;
  return `${text}: ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}.`;
}
