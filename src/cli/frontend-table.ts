import { NO_TRAFFIC, TRAFFIC_COUNTERS, type Traffic, trafficSince } from '../model/counters.js';
import { hostPort } from '../model/frontend.js';
import type { FrontendRow, LeftOutEndpoint, ServerRow } from '../status/listing/frontend-row.js';
import { ColumnStream, columns } from './columns.js';
import { hasColour, type OutputFormat, type RowOutput, shortNumber, type Write } from './output.js';

export interface TableOptions {
  readonly stats?: boolean;
  readonly rate?: boolean;
  /** Whole numbers. */
  readonly exact?: boolean;
  readonly output: OutputFormat;
}

interface TableParts {
  readonly write: Write;
  readonly isTerminal: boolean;
}

function isCounting({ stats, rate }: TableOptions): boolean {
  return stats === true || rate === true;
}

/** Counters now, and when. */
export interface Sample {
  readonly at: number;
  readonly counters: ReadonlyMap<string, Traffic>;
}

/** The rows of `services` as a table. `before`: the counters to count from, for rates. */
export function servicesTable(
  options: TableOptions,
  { write, isTerminal }: TableParts,
  before: Sample | undefined,
): RowOutput {
  const table = new ColumnStream(write);
  const colour = isTerminal && hasColour(process.stdout);
  const seconds = before === undefined ? 1 : (performance.now() - before.at) / 1000;
  table.add(headings(options));
  return {
    add(row) {
      const frontend = row as FrontendRow;
      const rest = isCounting(options) ? [] : [stateText(frontend, colour)];
      table.add([...cells(frontend, options, before?.counters.get(frontend.frontend), seconds), ...rest]);
    },
    end: () => table.end(),
  };
}

function headings({ stats, rate, output }: TableOptions): string[] {
  if (rate === true) return ['SERVICE', 'VIP:PORT', 'CPS', 'InPPS', 'OutPPS', 'InBPS', 'OutBPS'];
  if (stats === true) return ['SERVICE', 'VIP:PORT', 'Conns', 'InPkts', 'OutPkts', 'InBytes', 'OutBytes'];
  if (output !== 'wide') return ['SERVICE', 'TYPE', 'VIP:PORT', 'SCHED', 'SERVERS', 'STATE'];
  return [
    'SERVICE',
    'TYPE',
    'VIP:PORT',
    'SCHED',
    'AFFINITY',
    'POLICY',
    'SERVERS',
    'ActiveConn',
    'InActConn',
    'STATE',
  ];
}

function cells(
  row: FrontendRow,
  options: TableOptions,
  before: Traffic | undefined,
  seconds: number,
): string[] {
  const { rate, output, exact } = options;
  const number = exact === true ? (value: number) => String(Math.round(value)) : shortNumber;
  const since = rate === true ? before : undefined;
  const divisor = rate === true ? seconds : 1;
  if (isCounting(options))
    return [nameOf(row), row.frontend, ...trafficCells(row.traffic, since, divisor).map(number)];
  const { servers, taking, active, inactive } = row.counts;
  const place = [nameOf(row), row.type ?? '-', row.frontend, row.scheduler ?? '-'];
  if (output !== 'wide') return [...place, `${taking}/${servers}`];
  return [
    ...place,
    affinity(row),
    row.trafficPolicy ?? '-',
    `${taking}/${servers}`,
    number(active),
    number(inactive),
  ];
}

function trafficCells(now = NO_TRAFFIC, before = NO_TRAFFIC, seconds: number): number[] {
  const grown = trafficSince(before, now);
  return TRAFFIC_COUNTERS.map((key) => grown[key] / seconds);
}

/** `namespace/name:port`, or what it is instead. */
export function nameOf({ service, port }: Pick<FrontendRow, 'service' | 'port'>): string {
  if (service === null) return '(not ours)';
  return port === '' ? service : `${service}:${port}`;
}

function affinity({ persistenceSeconds }: FrontendRow): string {
  return persistenceSeconds === 0 ? 'none' : `${persistenceSeconds}s`;
}

function stateText({ state, reason, counts, clients }: FrontendRow, colour: boolean): string {
  const shown = state === 'programmed' && counts.servers === 0 ? 'no endpoint' : state;
  const view = clients === 'inside' ? ' (clients inside)' : '';
  const why = reason === null || shown === 'no endpoint' ? '' : `: ${reason}`;
  return `${coloured(shown, colour)}${view}${why}`;
}

const COLOURS: Readonly<Record<string, number>> = {
  programmed: 32,
  pending: 33,
  draining: 33,
  'no endpoint': 33,
  foreign: 31,
  refused: 31,
  conflict: 31,
  drift: 31,
};

function coloured(state: string, colour: boolean): string {
  return colour ? `\u001b[${COLOURS[state] ?? 0}m${state}\u001b[0m` : state;
}

/** The rows of `backends`: each frontend with its servers below it. */
export function backendsText({ write, isTerminal }: TableParts): RowOutput {
  const colour = isTerminal && hasColour(process.stdout);
  let before = '';
  return {
    add(row) {
      write(`${before}${frontendText(row as FrontendRow, colour)}`);
      before = '\n';
    },
    end: () => undefined,
  };
}

function frontendText(row: FrontendRow, colour: boolean): string {
  const { type, frontend, servers = [], leftOut = [] } = row;
  const head = [nameOf(row), type, frontend, stateText(row, colour)];
  const lines = columns([head.filter((word) => word !== null)]);
  lines.push(`  ${settingsText(row)}`);
  if (servers.length > 0) lines.push(...columns([BACKEND_HEADINGS, ...servers.map(serverCells)]));
  if (leftOut.length > 0)
    lines.push('  Endpoints that are not used here:', ...columns(leftOut.map(leftOutCells)));
  return `${lines.join('\n')}\n`;
}

function settingsText(row: FrontendRow): string {
  const policy = row.type === 'ClusterIP' ? 'internalTrafficPolicy' : 'externalTrafficPolicy';
  return [
    row.scheduler === null ? 'no virtual server' : `scheduler ${row.scheduler}`,
    row.persistenceSeconds === 0 ? 'no session affinity' : `session affinity ${row.persistenceSeconds} s`,
    ...(row.trafficPolicy === null ? [] : [`${policy} ${row.trafficPolicy}`]),
  ].join(', ');
}

const BACKEND_HEADINGS = ['  -> RemoteAddress:Port', 'Weight', 'ActiveConn', 'InActConn', ''];

function serverCells({ address, port, weight, active, inactive, reason }: ServerRow): string[] {
  return [`  -> ${hostPort(address, port)}`, String(weight), String(active), String(inactive), reason ?? ''];
}

function leftOutCells({ address, reason }: LeftOutEndpoint): string[] {
  return [`     ${address}`, reason];
}
