import { CHANGE_KINDS, type ChangeKind, type StoppedCell } from './cell-results.js';
import { MODE_NAMES, MODES, type ModeName, type Size } from './cells.js';
import type { Chart } from './charts.js';
import type { Options } from './options.js';
import { behaviourTable, churnTable, throughputTable } from './packet-tables.js';
import { durationText } from './progress.js';
import { figure, sizeText, tableOf, withSpread } from './report-tables.js';
import type { Measured, Row } from './summary.js';

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
    ...conclusions(rows, about),
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
    'time. With iptables the way to a pod without a Service passes all rules, too.',
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
    ...nullExperiment(rows),
    '',
    ...runsApart(rows),
    '',
    ...threats(about),
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

/** Which cells were measured with which commit and Node. */
function originText(rows: readonly Row[]): string[] {
  const origins = new Map<string, Row[]>();
  for (const row of rows)
    for (const { commit, node, date } of row.origins) {
      const name = `commit ${commit}, the agent on Node ${node.replace(/^v/, '')}, ${date}`;
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
  const line = ({ cell, seconds, reached }: StoppedCell) => {
    const done = reached === '' ? 'nothing was done by then' : `by then: ${reached}`;
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

/** Where the targets are judged. */
const TARGET = { services: 10_000, endpoints: 10 };

function conclusions(rows: readonly Row[], { options }: Circumstances): string[] {
  const isJudged = options.clock !== 'vm';
  return [
    '| | measured | target | |',
    '|---|---:|---:|---|',
    ...(['iptables', 'iptables-nft', 'nftables-1.36'] as const).flatMap((mode) =>
      ratioLines(rows, mode, isJudged),
    ),
    ...routesLines(rows),
    ...floorLines(rows),
    ...growthLines(rows, isJudged),
  ];
}

/** At the largest size, to that of the targets, that was measured of both. */
function ratioLines(rows: readonly Row[], mode: ModeName, isJudged: boolean): string[] {
  const sizes = rows.filter((row) => row.endpoints === TARGET.endpoints && row.services <= TARGET.services);
  const other = sizes.findLast((row) => row.mode === mode && rowAt(rows, 'ipvs', row) !== undefined);
  const ipvs = other && rowAt(rows, 'ipvs', other);
  if (other === undefined || ipvs === undefined) return [];
  const hasTarget = isJudged && mode === 'iptables' && other.services === TARGET.services;
  const where = `at ${sizeText(other)}: ${MODES[mode].title} ÷ ours`;
  return [
    verdict(
      `programming ${where}`,
      other.program.median / ipvs.program.median,
      'at least',
      hasTarget ? 5 : undefined,
    ),
    verdict(
      `one endpoint ${where}`,
      changeRatio(other, ipvs, 'endpoint-added'),
      'at least',
      hasTarget ? 50 : undefined,
    ),
    verdict(`one Service ${where}`, changeRatio(other, ipvs, 'service-added'), 'at least', undefined),
    verdict(
      `connection set-up ${where}`,
      other.connections.spread[50] / ipvs.connections.spread[50],
      'at least',
      undefined,
    ),
  ];
}

/** The setting for large clusters; the targets are those of the one that everybody has. */
function routesLines(rows: readonly Row[]): string[] {
  const own = largestOf(rows, 'ipvs-routes');
  if (own === undefined) return [];
  const rivals = (['iptables', 'nftables-1.36'] as const).map((mode) => rowAt(rows, mode, own));
  return [
    ...rivals.flatMap((rival) => programmingLine(rival, own, 'ours with VIPs as routes')),
    ...programmingLine(own, rowAt(rows, 'ipvs-floor-routes', own), `${FLOOR}, VIPs as routes`),
  ];
}

/** What would be left of a ratio if an agent cost nothing beside what the kernel takes for its objects. */
function floorLines(rows: readonly Row[]): string[] {
  const floor = largestOf(rows, 'ipvs-floor');
  if (floor === undefined) return [];
  return (['ipvs', 'iptables', 'nftables-1.36'] as const).flatMap((mode) =>
    programmingLine(rowAt(rows, mode, floor), floor, FLOOR),
  );
}

const FLOOR = 'a C program that decides nothing';

function largestOf(rows: readonly Row[], mode: ModeName): Row | undefined {
  return rows.findLast(
    (row) => row.mode === mode && row.endpoints === TARGET.endpoints && row.services <= TARGET.services,
  );
}

/** Without a target: beside those that have one. */
function programmingLine(a: Row | undefined, b: Row | undefined, what: string): string[] {
  if (a === undefined || b === undefined) return [];
  const whose =
    a.mode === 'ipvs' ? 'ours' : a.mode === 'ipvs-routes' ? 'ours with VIPs as routes' : MODES[a.mode].title;
  const text = `programming at ${sizeText(a)}: ${whose} ÷ ${what}`;
  return [verdict(text, a.program.median / b.program.median, 'at least', undefined)];
}

// From 100 Services on: below, what a process always does is most of it.
function growthLines(rows: readonly Row[], isJudged: boolean): string[] {
  return (['ipvs', 'iptables', 'nftables-1.36'] as const).flatMap((mode) => {
    const sizes = rows.filter((row) => row.mode === mode && row.endpoints === 10 && row.services >= 100);
    const [few, many] = [sizes[0], sizes.at(-1)];
    if (few === undefined || many === undefined || few === many) return [];
    const where = `${MODES[mode].title}, ${sizeText(many)} ÷ ${sizeText(few)}`;
    const hasTarget = isJudged && mode === 'ipvs';
    return [
      verdict(
        `one endpoint: ${where}`,
        changeRatio(many, few, 'endpoint-added'),
        'at most',
        hasTarget ? 1.2 : undefined,
      ),
      verdict(
        `connection set-up: ${where}`,
        many.connections.spread[50] / few.connections.spread[50],
        'at most',
        hasTarget ? 1.1 : undefined,
      ),
    ];
  });
}

function changeRatio(a: Row, b: Row, kind: ChangeKind): number {
  return (a.changes[kind]?.median ?? Number.NaN) / (b.changes[kind]?.median ?? Number.NaN);
}

function verdict(
  what: string,
  measured: number,
  bound: 'at least' | 'at most',
  target: number | undefined,
): string {
  const number = `${measured.toFixed(2)} ×`;
  if (target === undefined || Number.isNaN(measured)) return `| ${what} | ${number} | | |`;
  const isHeld = bound === 'at least' ? measured >= target : measured <= target;
  return `| ${what} | ${number} | ${bound} ${target} | ${isHeld ? 'held' : '**missed**'} |`;
}

const RIVALS: readonly ModeName[] = [
  ...(['iptables', 'nftables-1.36', 'nftables-1.37'] as const),
  ...(['kube-proxy-ipvs', 'kube-proxy-iptables', 'kube-proxy-nftables'] as const),
];

/** Every measure in which a mode of kube-proxy does better than ours by more than a hundredth. */
function losses(rows: readonly Row[]): string[] {
  const lines: string[] = [];
  let compared = 0;
  for (const ipvs of rows.filter(({ mode }) => mode === 'ipvs'))
    for (const mode of RIVALS) {
      const other = rowAt(rows, mode, ipvs);
      if (other !== undefined) compared++;
      const lost = other === undefined ? [] : lostTo(ipvs, other);
      if (lost.length > 0) lines.push(`| ${sizeText(ipvs)} | ${MODES[mode].title} | ${lost.join('; ')} |`);
    }
  if (compared === 0) return ['Not known: no other mode was measured at the same size.'];
  if (lines.length === 0) return ['In nothing that was measured.'];
  return [
    'How many times as much ours takes.',
    '',
    '| Services × endpoints | against | |',
    '|---|---|---|',
    ...lines,
    '',
    'All Services here have the scheduler rr. A virtual server with `mh`, which session affinity chooses, takes 32 KiB of the kernel’s',
    'memory more; and IPVS has an entry of its own for each connection beside conntrack’s, which no other mode has.',
  ];
}

function lostTo(ipvs: Row, other: Row): string[] {
  const compared: readonly (readonly [string, number | undefined, number | undefined])[] = [
    ['programming', ipvs.program.median, other.program.median],
    ['first Service', ipvs.firstService.median, other.firstService.median],
    ['restart', ipvs.restart?.median, other.restart?.median],
    ...CHANGE_KINDS.map(
      (kind) => [kind.replace('-', ' '), ipvs.changes[kind]?.median, other.changes[kind]?.median] as const,
    ),
    ['first change of a new process', ipvs.coldChange?.median, other.changes['service-added']?.median],
    ['connection set-up, p50', ipvs.connections.spread[50], other.connections.spread[50]],
    ['connection set-up, p99', ipvs.connections.spread[99], other.connections.spread[99]],
    ['connection from the node', ipvs.connections.node[50], other.connections.node[50]],
    ["the kernel's memory", ipvs.kernelMemory.median, other.kernelMemory.median],
  ];
  return compared.flatMap(([what, ours, theirs]) => {
    if (ours === undefined || theirs === undefined || theirs <= 0) return [];
    return ours / theirs > 1.01 ? [`${what} ${(ours / theirs).toFixed(ours / theirs < 10 ? 2 : 0)} ×`] : [];
  });
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
  return tableOf(rows, columns, ({ connections, failed, chance }) => [
    ...(['direct', 'first', 'middle', 'last'] as const).map((place) => figure(connections[place][50])),
    ...([1, 50, 90, 99] as const).map((percentile) => figure(connections.spread[percentile])),
    figure(connections.node[50]),
    String(failed),
    chance.toFixed(2),
  ]);
}

function memoryTable(rows: readonly Row[]): string[] {
  return tableOf(rows, ['kernel', 'peak of the process', 'agent, settled'], (row) => [
    figure(row.kernelMemory.median),
    figure(row.peakMemory.median),
    row.settledMemory === undefined ? '' : figure(row.settledMemory.median),
  ]);
}

function nullExperiment(rows: readonly Row[]): string[] {
  const lines = rows
    .filter(({ mode }) => mode.endsWith('-again'))
    .flatMap((again) => {
      const first = rowAt(rows, again.mode.replace('-again', '') as ModeName, again);
      return first === undefined ? [] : [nullLine(first, again)];
    });
  if (lines.length === 0) return ['The null experiment (the same mode twice) was not part of this run.'];
  return [
    'The null experiment: the same mode twice in the same run. What differs here by so much need not differ at all.',
    '',
    '| | programming | one endpoint | connection set-up |',
    '|---|---:|---:|---:|',
    ...lines,
  ];
}

/** How far apart the runs of one mode at one size were, where they were furthest. */
function runsApart(rows: readonly Row[]): string[] {
  const lines = [
    ...furthestApart('programming', rows, ({ program }) => program),
    ...furthestApart('one endpoint', rows, ({ changes }) => changes['endpoint-added']),
    ...furthestApart('connection set-up', rows, ({ connectionMedians }) => connectionMedians),
  ];
  if (lines.length === 0) return ['Every figure was measured once: how far apart runs are is not known.'];
  return [
    'Runs of one mode at one size, the largest less the smallest as a part of the median, where they are furthest apart:',
    '',
    '| | apart | where |',
    '|---|---:|---|',
    ...lines,
  ];
}

function furthestApart(what: string, rows: readonly Row[], of: (row: Row) => Measured | undefined): string[] {
  const repeated = rows.flatMap((row) => {
    const measured = of(row);
    return measured === undefined || measured.runs === 1 ? [] : [{ row, ...measured }];
  });
  const [apart] = repeated.sort((a, b) => b.spread - a.spread);
  if (apart === undefined) return [];
  const where = `${MODES[apart.row.mode].title}, ${sizeText(apart.row)}, ${apart.runs} runs`;
  return [`| ${what} | ${(apart.spread * 100).toFixed(1)} % | ${where} |`];
}

function nullLine(first: Row, again: Row): string {
  const apart = (a: number, b: number) => `${(Math.abs(a / b - 1) * 100).toFixed(1)} %`;
  const [changed, changedAgain] = [first.changes['endpoint-added'], again.changes['endpoint-added']];
  return (
    `| ${MODES[first.mode].title}, ${sizeText(first)} | ${apart(again.program.median, first.program.median)} | ` +
    `${changed === undefined || changedAgain === undefined ? '' : apart(changedAgain.median, changed.median)} | ` +
    `${apart(again.connections.spread[50], first.connections.spread[50])} |`
  );
}

function threats({ options }: Circumstances): string[] {
  const counted = [
    '- The clock counts instructions: no cache misses, no waiting for memory or for other processors. Long chains and large tables',
    '  look cheaper than on hardware, plain computing dearer. It judges ratios and growth, not milliseconds of a machine: hardware takes',
    '  0.1–0.3 ns for an instruction where 2 ns are counted, so expect some tenth of these times there.',
    '- A program’s time is that on the processor. Work that the kernel does later in threads of its own (nftables frees old rules so)',
    '  is not in it.',
  ];
  const wall = [
    '- By the clock on the wall, in an emulated machine on a busy one: JavaScript is some twenty times slower there than it is on hardware, the kernel less, so our own figures are the worst off.',
  ];
  return [
    ...(options.clock === 'counted' ? counted : options.clock === 'vm' ? wall : []),
    '- Rules are written as kube-proxy writes them, but not by kube-proxy: what it takes to work them out, to list what is there and to',
    '  start is not in its figures. In ours deciding, planning and looking at the kernel are. Both exclude listing the cluster.',
    '- kube-proxy itself, where it took part: starting, listing and working out are in its figures, and it counts as done once it has',
    '  taken no processor for 1.5 s. What it takes in that time for nothing is not in them.',
    '- The agent runs with its drain looks and audit put off; rules are loaded with kube-proxy’s chains alone in the kernel.',
    '- Changes of the agent are those of a process that has made three hundred before; the first of a new process is in the table.',
    '- Services of type ClusterIP with IPv4 and TCP only, one port each. Client, node and servers are namespaces of one kernel, so that',
    '  the figures of connections have both ends in them: compare with “direct”.',
    '- Of a Service with 10 endpoints 1.36 and 1.37 of kube-proxy write the same nftables rules, so 1.37 is measured with one endpoint only.',
  ];
}

function rowAt(rows: readonly Row[], mode: ModeName, { services, endpoints }: Size): Row | undefined {
  return rows.find((row) => row.mode === mode && row.services === services && row.endpoints === endpoints);
}
