import { CHANGE_KINDS, type StoppedCell } from './cell-results.js';
import { MODE_NAMES, MODES } from './cells.js';
import type { Chart } from './charts.js';
import { conclusions, losses } from './conclusions.js';
import type { Options } from './options.js';
import { behaviourTable, churnTable, throughputTable } from './packet-tables.js';
import { durationText } from './progress.js';
import { figure, sizeText, tableOf, withSpread } from './report-tables.js';
import type { Row } from './summary.js';
import { trustText } from './trust.js';

/** What a report is made of besides the figures. */
export interface Circumstances {
  readonly options: {
    readonly clock: Options['clock'];
    /** How many; "3–5" where the calls that a result was put together of differ. */
    readonly changes: number | string;
    readonly connections: number | string;
  };
  readonly kernel: string;
  readonly processor: string;
  readonly date: string;
  /** Name and version of every program that took part. */
  readonly versions: readonly string[];
  /** What was typed for it. */
  readonly calls: readonly string[];
}

export function reportOf(
  rows: readonly Row[],
  charts: readonly Chart[],
  about: Circumstances,
  stopped: readonly StoppedCell[] = [],
): string {
  return [
    `# IPVS, iptables and nftables compared, ${about.date}`,
    '',
    ...conditions(about),
    '',
    '## Conclusions',
    '',
    ...conclusions(rows, about.options.clock),
    '',
    ...charts.flatMap(({ name, title }) => [`![${title}](${name}.svg)`, '']),
    '## Where IPVS loses',
    '',
    ...losses(rows),
    '',
    '## Programming',
    '',
    'Everything from nothing, until the first Service answers, and once more by a new process with everything in place. System calls of',
    'all threads and bytes that went to the kernel by sockets, as strace saw them in a run of its own.',
    '',
    ...programmingTable(rows),
    '',
    ...stoppedText(stopped),
    '## One change',
    '',
    'The median of the changes of each kind.',
    '',
    ...changesTable(rows),
    '',
    '## Connections',
    '',
    'µs until the first answer. Direct: to a pod without a Service. First, middle, last, all: medians of connections from a pod to',
    'one Service or to Services spread over all; node: from the node itself. Chance: of a distribution over the endpoints of the',
    'middle Service at least so uneven if all are as likely (chi-square); rr takes turns, which gives 1. On a clock that counts, a µs is',
    '500 instructions, of both ends and the node between.',
    '',
    ...connectionsTable(rows),
    '',
    '## What packets meet',
    '',
    ...behaviourTable(rows),
    '',
    '## Connections while endpoints change',
    '',
    ...churnText(about),
    '',
    ...churnTable(rows),
    '',
    '## Connections and bytes a second',
    '',
    'From a pod to the middle Service and, without it, to its pod: connections one after another, and one connection that sends all the',
    'time, in turn several times: the median and, in brackets, between what the middle half is. With iptables the way to a pod',
    'without a Service passes all rules, too.',
    '',
    ...throughputTable(rows),
    '',
    '## Memory',
    '',
    'MB. Kernel: unreclaimable slab, vmalloc and per-CPU memory, after programming less before. Peak: of the process that programs:',
    'the agent that stays, or a tool that ends; what kube-proxy itself takes beside the tool is not in it.',
    '',
    ...memoryTable(rows),
    '',
    '## What was measured',
    '',
    ...measuredText(rows, about),
    '',
    '## How far to trust this',
    '',
    ...trustText(rows, about.options.clock),
    '',
  ].join('\n');
}

function conditions({ options, kernel, processor, versions }: Circumstances): string[] {
  const clocks: Record<Options['clock'], string> = {
    counted:
      'a virtual machine whose clock counts instructions, 2 ns each. Times of programs are those that they were on the processor',
    vm: 'an emulated virtual machine, by the clock on the wall: whatever else the machine does is in the figures, so no target is judged',
    netns: "the machine's own kernel, by the clock on the wall",
  };
  return [
    `Linux ${kernel} in ${clocks[options.clock]}. Machine: ${processor}. ${versions.join(', ')}.`,
    `${options.changes} changes of each kind after each start and ${options.connections} connections to each place in every round; fresh namespaces for`,
    'each, the modes in turn. Written by `npm run bench`; bench/README.md tells what each line means and how it is done. Every single',
    'measurement is in results.json, the figures of the tables in runs.csv and connections.csv.',
  ];
}

function measuredText(rows: readonly Row[], { calls }: Circumstances): string[] {
  const modes = MODE_NAMES.filter((mode) => rows.some((row) => row.mode === mode));
  return [
    '| mode | named here | what it is |',
    '|---|---|---|',
    ...modes.map((mode) => `| \`${mode}\` | ${MODES[mode].title} | ${MODES[mode].what} |`),
    '',
    ...originText(rows),
    '',
    ...(calls.length === 0 ? [] : ['The calls that it is put together of:', '']),
    ...calls.map((call) => `- \`${call}\``),
  ];
}

/** Which cells were measured with which commit and Node, and on which kernel where not all were on one. */
function originText(rows: readonly Row[]): string[] {
  const origins = new Map<string, Row[]>();
  const kernels = new Set(rows.flatMap((row) => row.origins.map(({ kernel }) => kernel)));
  for (const row of rows)
    for (const { commit, node, date, kernel } of row.origins) {
      const on = kernels.size > 1 ? ` on Linux ${kernel}` : '';
      const name = `commit ${commit} with Node ${node.replace(/^v/, '')}${on}, ${date}`;
      origins.set(name, [...new Set([...(origins.get(name) ?? []), row])]);
    }
  if (origins.size <= 1) return [...origins.keys()].map((name) => `Measured at ${name}.`);
  return [...origins].map(([name, own]) => `- ${name}: ${cellsText(own, rows)}`);
}

/** A mode alone stands for all its sizes. */
function cellsText(some: readonly Row[], rows: readonly Row[]): string {
  const modes = [...new Set(some.map(({ mode }) => mode))];
  const texts = modes.map((mode) => {
    const isOfMode = (row: Row) => row.mode === mode;
    const own = some.filter(isOfMode);
    const sizes = own.length === rows.filter(isOfMode).length ? '' : ` (${own.map(sizeText).join(', ')})`;
    return `\`${mode}\`${sizes}`;
  });
  return texts.join(', ');
}

function stoppedText(stopped: readonly StoppedCell[]): string[] {
  if (stopped.length === 0) return [];
  const line = ({ cell, seconds, measured }: StoppedCell) => {
    const done = measured === undefined ? 'nothing was done by then' : 'what it had by then is in the tables';
    return `- ${MODES[cell.mode].title}, ${sizeText(cell)}: ${durationText(seconds)}; ${done}`;
  };
  return ['Given up, after so long by the clock on the wall:', '', ...stopped.map(line), ''];
}

function churnText({ options }: Circumstances): string[] {
  const counted = [
    'On a clock that counts, that is how many one processor has time for by the cost of one, and the times of connections tell whether',
    'they need more instructions meanwhile, or have to wait for the processor that the change has. They do not tell how long they wait',
    'for a lock: the clock jumps then. Where one or two changes were made, they tell only that connections go on.',
  ];
  return [
    'µs until the first answer while endpoints are to come to ten Services a second. Changes a second: how many can be had.',
    ...(options.clock === 'counted' ? counted : []),
  ];
}

function programmingTable(rows: readonly Row[]): string[] {
  return tableOf(
    rows,
    [
      ...['all, ms', 'first Service, ms', 'restart, ms', 'messages', 'bytes of rules'],
      ...['system calls', 'bytes to the kernel'],
    ],
    ({ program, firstService, restart, messages, bytes, asked }) => [
      withSpread(program),
      figure(firstService.median),
      restart === undefined ? '' : withSpread(restart),
      messages?.toLocaleString('en') ?? '',
      bytes?.toLocaleString('en') ?? '',
      asked?.calls.toLocaleString('en') ?? '',
      asked?.bytes.toLocaleString('en') ?? '',
    ],
  );
}

function changesTable(rows: readonly Row[]): string[] {
  const changed = rows.filter((row) => row.changes['endpoint-added'] !== undefined);
  return tableOf(
    changed,
    [
      'endpoint added, ms',
      'Service added, ms',
      'Service deleted, ms',
      'messages or bytes',
      'first of a process, ms',
    ],
    ({ changes, coldChange }) => [
      ...CHANGE_KINDS.map((kind) => withSpread(changes[kind])),
      CHANGE_KINDS.map((kind) => sizeOf(changes[kind])).join(' / '),
      coldChange === undefined ? '' : figure(coldChange.median),
    ],
  );
}

function sizeOf(
  change: { readonly messages: number | undefined; readonly bytes: number | undefined } | undefined,
): string {
  return (change?.messages ?? change?.bytes)?.toLocaleString('en') ?? '';
}

function connectionsTable(rows: readonly Row[]): string[] {
  const columns = [
    'direct',
    'first',
    'middle',
    'last',
    'all p01',
    'p50',
    'p90',
    'p99',
    'node',
    'failed',
    'chance',
  ];
  const connected = rows.filter(({ connections }) => connections !== undefined);
  return tableOf(connected, columns, ({ connections, failed, chance }) =>
    connections === undefined
      ? []
      : [
          ...(['direct', 'first', 'middle', 'last'] as const).map((place) => figure(connections[place][50])),
          ...([1, 50, 90, 99] as const).map((percentile) => figure(connections.spread[percentile])),
          figure(connections.node[50]),
          String(failed),
          chance.toFixed(2),
        ],
  );
}

function memoryTable(rows: readonly Row[]): string[] {
  return tableOf(rows, ['kernel', 'peak of the process', 'agent, settled'], (row) => [
    figure(row.kernelMemory.median),
    figure(row.peakMemory.median),
    row.settledMemory === undefined ? '' : figure(row.settledMemory.median),
  ]);
}
