import { MODES, type ModeName } from './cells.js';
import { rowAt, sizeText } from './report-tables.js';
import type { Clock, Measured, Row } from './summary.js';

/** How far the figures can be trusted, and what they do not say. */
export function trustText(rows: readonly Row[], clock: Clock): string[] {
  return [...nullExperiment(rows), '', ...runsApart(rows), '', ...threats(clock)];
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
    `${again.connections && first.connections ? apart(again.connections.spread[50], first.connections.spread[50]) : ''} |`
  );
}

function threats(clock: Clock): string[] {
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
    ...(clock === 'counted' ? counted : clock === 'vm' ? wall : []),
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
