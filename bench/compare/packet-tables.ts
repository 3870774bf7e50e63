import { quantile } from '../kernel/statistics.js';
import type { Behaviour, Behaviours } from './cell-results.js';
import { MODES } from './cells.js';
import { figure, tableOf } from './report-tables.js';
import type { Row } from './summary.js';

/** The tables of the report that real packets have filled. */
type BehaviourName = Exclude<keyof Behaviours, 'spread' | 'datagramsThen'>;

const ASKED: readonly (readonly [BehaviourName, string])[] = [
  ['openConnection', 'an open TCP connection goes on when its endpoint is taken out'],
  ['newConnections', 'no new connection goes to an endpoint that was taken out'],
  ['datagrams', 'a UDP client that keeps its port gets another pod once its own is gone'],
  ['affinity', 'with session affinity a client gets one pod, and another one once that is gone'],
  ['restartOpen', 'a restart breaks no open connection'],
  ['restartNew', 'no new connection fails during a restart'],
];

export function behaviourTable(rows: readonly Row[]): string[] {
  const shown: { readonly mode: Row['mode']; readonly behaviours: Behaviours }[] = [];
  // A result that was put together of several calls has some modes at two sizes.
  for (const { mode, behaviours } of rows)
    if (behaviours !== undefined && !shown.some((other) => other.mode === mode))
      shown.push({ mode, behaviours });
  if (shown.length === 0) return ['Not part of this run.'];
  const line = (what: string, of: (behaviours: Behaviours) => string) =>
    `| ${what} | ${shown.map(({ behaviours }) => of(behaviours)).join(' | ')} |`;
  return [
    'Shown by connections of a pod, once for each mode; the smallest size measured has what was seen in results.json. Rules alone: what',
    'kube-proxy itself does besides, such as deleting flows of UDP, is named where it was done for it.',
    '',
    `| | ${shown.map(({ mode }) => MODES[mode].title).join(' | ')} |`,
    `|---|${shown.map(() => '---').join('|')}|`,
    ...ASKED.map(([name, what]) => line(what, (behaviours) => answer(name, behaviours))),
    line('chance of so uneven a distribution over ten endpoints (chi-square)', ({ spread }) =>
      spreadText(spread),
    ),
  ];
}

function answer(name: BehaviourName, behaviours: Behaviours): string {
  const { datagramsThen } = behaviours;
  if (name !== 'datagrams' || datagramsThen === undefined) return yesOrNo(behaviours[name]);
  return `${yesOrNo(behaviours.datagrams)} by the rules alone; ${yesOrNo(datagramsThen)} once the flow is deleted`;
}

function yesOrNo({ isHeld, seen }: Behaviour): string {
  return isHeld ? 'yes' : `**no** (${seen})`;
}

function spreadText({ chance, counts }: Behaviours['spread']): string {
  if (counts.length === 0) return '**no connection**';
  return `${chance.toFixed(2)} (${Math.min(...counts)}–${Math.max(...counts)} each)`;
}

export function churnTable(rows: readonly Row[]): string[] {
  return tableOf(
    rows.filter(({ churn }) => churn !== undefined),
    [
      ...['changes a second', 'made', 'connections', 'p50', 'p99', 'largest', 'failed'],
      ...['without changes: p50', 'p99'],
    ],
    ({ churn, connections }) =>
      churn === undefined
        ? []
        : [
            churn.changesPerSecond.toFixed(1),
            ...[churn.changes, churn.connections].map(String),
            ...[churn.p50, churn.p99, churn.largest].map(figure),
            String(churn.failed),
            ...([50, 99] as const).map((part) => (connections ? figure(connections.spread[part]) : '')),
          ],
  );
}

export function throughputTable(rows: readonly Row[]): string[] {
  if (rows.every(({ throughput }) => throughput === undefined))
    return ['Not part of this run: it is measured by the clock on the wall only (`--vm`, `--netns`).'];
  return tableOf(
    rows.filter(({ throughput }) => throughput !== undefined),
    ['connections a second', 'of a pod without a Service', 'MB a second', 'of a pod without a Service'],
    ({ throughput }) =>
      throughput === undefined
        ? []
        : (['connectionsPerSecond', 'megabytesPerSecond'] as const).flatMap((what) => {
            const [service, direct] = [throughput.service[what], throughput.direct[what]];
            // Each with the one beside it: what disturbs one mostly disturbs both.
            const parts = service.map((number, index) => (number / (direct[index] ?? Number.NaN)) * 100);
            return [quartiles(service, figure), quartiles(parts, (part) => `${part.toFixed(0)} %`)];
          }),
  );
}

/** The median, and in brackets between which two the middle half is. */
function quartiles(numbers: readonly number[], text: (number: number) => string): string {
  const [low = '', middle = '', high = ''] = [0.25, 0.5, 0.75].map((part) => text(quantile(numbers, part)));
  return `${middle} (${low.replace(' %', '')}–${high})`;
}
