import { CHANGE_KINDS } from './cell-results.js';
import { MODES, type ModeName } from './cells.js';
import { rowAt, sizeText } from './report-tables.js';
import type { Clock, Row } from './summary.js';

/** Where the targets are judged. */
const TARGET = { services: 10_000, endpoints: 10 };

/** The ratios that the comparison is about, judged where there is a target. */
export function conclusions(rows: readonly Row[], clock: Clock): string[] {
  const isJudged = clock !== 'vm';
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

type Of = (row: Row) => number | undefined;

const programming: Of = ({ program }) => program.median;
const endpointAdded: Of = ({ changes }) => changes['endpoint-added']?.median;
const serviceAdded: Of = ({ changes }) => changes['service-added']?.median;
const connectionSetUp: Of = ({ connections }) => connections?.spread[50];

function ratioLines(rows: readonly Row[], mode: ModeName, isJudged: boolean): string[] {
  const targets = isJudged && mode === 'iptables' ? { programming: 5, oneEndpoint: 50 } : undefined;
  const line = (what: string, of: Of, target?: number) => ratioLine(rows, mode, what, of, target);
  return [
    ...line('programming', programming, targets?.programming),
    ...line('one endpoint', endpointAdded, targets?.oneEndpoint),
    ...line('one Service', serviceAdded),
    ...line('connection set-up', connectionSetUp),
  ];
}

/** At the largest size, to that of the targets, at which it was measured of both. */
function ratioLine(rows: readonly Row[], mode: ModeName, what: string, of: Of, target?: number): string[] {
  const pairs = rows
    .filter((row) => row.endpoints === TARGET.endpoints && row.services <= TARGET.services)
    .filter((row) => row.mode === mode)
    .map((other) => ({ size: other, theirs: of(other), ours: ofRow(rowAt(rows, 'ipvs', other), of) }));
  const last = pairs.findLast(({ theirs, ours }) => theirs !== undefined && ours !== undefined);
  if (last?.theirs === undefined || last.ours === undefined) return [];
  return [
    verdict(
      `${what} at ${sizeText(last.size)}: ${MODES[mode].title} ÷ ours`,
      last.theirs / last.ours,
      'at least',
      last.size.services === TARGET.services ? target : undefined,
    ),
  ];
}

function ofRow(row: Row | undefined, of: Of): number | undefined {
  return row === undefined ? undefined : of(row);
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

function growthLines(rows: readonly Row[], isJudged: boolean): string[] {
  return (['ipvs', 'iptables', 'nftables-1.36'] as const).flatMap((mode) => {
    const hasTarget = isJudged && mode === 'ipvs';
    return [
      ...growthLine(rows, mode, 'one endpoint', endpointAdded, hasTarget ? 1.2 : undefined),
      ...growthLine(rows, mode, 'connection set-up', connectionSetUp, hasTarget ? 1.1 : undefined),
    ];
  });
}

// From 100 Services on: below, what a process always does is most of it.
function growthLine(rows: readonly Row[], mode: ModeName, what: string, of: Of, target?: number): string[] {
  const sizes = rows.filter((row) => row.mode === mode && row.endpoints === 10 && row.services >= 100);
  const known = sizes.flatMap((size) => {
    const value = of(size);
    return value === undefined ? [] : [{ size, value }];
  });
  const [few, many] = [known[0], known.at(-1)];
  if (few === undefined || many === undefined || few === many) return [];
  const where = `${MODES[mode].title}, ${sizeText(many.size)} ÷ ${sizeText(few.size)}`;
  return [verdict(`${what}: ${where}`, many.value / few.value, 'at most', target)];
}

function verdict(
  what: string,
  measured: number,
  bound: 'at least' | 'at most',
  target: number | undefined,
): string {
  const number = `${measured.toFixed(2)} ×`;
  if (target === undefined) return `| ${what} | ${number} | | |`;
  const isHeld = bound === 'at least' ? measured >= target : measured <= target;
  return `| ${what} | ${number} | ${bound} ${target} | ${isHeld ? 'held' : '**missed**'} |`;
}

const RIVALS: readonly ModeName[] = [
  ...(['iptables', 'nftables-1.36', 'nftables-1.37'] as const),
  ...(['kube-proxy-ipvs', 'kube-proxy-iptables', 'kube-proxy-nftables'] as const),
];

/** Every measure in which a mode of kube-proxy does better than ours by more than a hundredth. */
export function losses(rows: readonly Row[]): string[] {
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
    ['connection set-up, p50', connectionSetUp(ipvs), connectionSetUp(other)],
    ['connection set-up, p99', ipvs.connections?.spread[99], other.connections?.spread[99]],
    ['connection from the node', ipvs.connections?.node[50], other.connections?.node[50]],
    ["the kernel's memory", ipvs.kernelMemory.median, other.kernelMemory.median],
  ];
  return compared.flatMap(([what, ours, theirs]) => {
    if (ours === undefined || theirs === undefined || theirs <= 0) return [];
    return ours / theirs > 1.01 ? [`${what} ${(ours / theirs).toFixed(ours / theirs < 10 ? 2 : 0)} ×`] : [];
  });
}
