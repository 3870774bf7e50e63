import type { Answer } from '../../lab/answer.js';
import { statusText } from '../../src/cli/status.js';
import type { StatusReport } from '../../src/model/status-report.js';
import { PODS, SERVICE } from './hostnames-cluster.js';
import { serverTable } from './server-table.js';

/** Everything the live view shows. */
export interface ViewState {
  readonly client: string;
  readonly folder: string;
  /** All answers by name of the pod or kind of refusal. */
  readonly counts: ReadonlyMap<string, number>;
  /** The last answers, newest last. */
  readonly recent: readonly Answer[];
  readonly report: StatusReport | undefined;
  readonly coloured: boolean;
}

const RECENT_SHOWN = 24;
const COLOURS = [36, 33, 35] as const;
const RED = 31;
const BOLD = 1;

/** The lines of the live view; they fit 80×24 with three pods. */
export function frame(state: ViewState): string[] {
  const paint = (code: number, text: string) => (state.coloured ? `\x1b[${code}m${text}\x1b[0m` : text);
  return [
    paint(BOLD, `Requests from ${state.client} to ${SERVICE.address}:${SERVICE.port}, two a second`),
    ...countLines(state, paint),
    `  ${state.recent
      .slice(-RECENT_SHOWN)
      .map((answer) => mark(answer, paint))
      .join(' ')}`,
    '',
    ...statusLines(state.report),
    '',
    paint(BOLD, `Edit in ${state.folder}`),
    '  endpointslice.yaml  ready: false on one endpoint, and watch it drain',
    '  service.yaml        sessionAffinity: ClientIP, and stay with one pod',
    'An edit shows within seconds. For a shell: npm start -- --shell. Leave with q.',
  ];
}

type Paint = (code: number, text: string) => string;

function countLines({ counts }: ViewState, paint: Paint): string[] {
  const others = [...counts.keys()].filter((name) => !PODS.includes(name));
  return [...PODS, ...others].map((name) => {
    const count = String(counts.get(name) ?? 0).padStart(5);
    return `  ${paint(colourOf(name), name.padEnd(12))}${count}`;
  });
}

/** One character for one answer: the number of the pod, or a cross. */
function mark(answer: Answer, paint: Paint): string {
  if (answer.kind !== 'answered') return paint(RED, '×');
  return paint(colourOf(answer.pod), answer.pod.slice(-1));
}

function colourOf(name: string): number {
  const index = PODS.indexOf(name);
  return COLOURS[index] ?? RED;
}

function statusLines(report: StatusReport | undefined): string[] {
  return report === undefined ? ['The agent does not answer.'] : shown(report);
}

function shown(report: StatusReport): string[] {
  const [verdict = ''] = statusText(report).split('\n');
  return [verdict, '', ...serverTable(report.virtualServers)];
}
