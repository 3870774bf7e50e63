import type { Traffic } from '../model/counters.js';
import type { FrontendRow } from '../status/listing/frontend-row.js';
import { LISTING_VERSION } from '../status/listing/frontend-row.js';
import type { ListingQuery } from '../status/listing/listing-source.js';
import { EXIT } from './exit.js';
import { type FrontendSource, type KernelRows, noFrontendText, openFrontends } from './frontend-source.js';
import { backendsText, type Sample, servicesTable, type TableOptions } from './frontend-table.js';
import { turns, type Wait } from './interruption.js';
import { CLEAR_SCREEN, machineOutput, type RowOutput, type Write } from './output.js';

export interface ServicesOptions extends TableOptions {
  readonly adminSocket: string;
  readonly namespace?: string;
  readonly vip?: string;
  readonly sortBy?: SortKey;
  /** Seconds between two frames. */
  readonly watch?: number;
}

/** What a listing needs besides its options. */
export interface ListingParts {
  /** The same rows as the kernel alone gives them, where no agent answers. */
  readonly kernelRows: KernelRows;
  readonly write: Write;
  readonly warn: Write;
  readonly wait: Wait;
  readonly isTerminal: boolean;
}

export type SortKey = 'name' | 'active' | 'inactive' | 'servers' | 'connections' | 'bytes';

/** `services [NAME…]`: a row for each frontend. */
export function runServices(
  names: readonly string[],
  options: ServicesOptions,
  parts: ListingParts,
): Promise<number> {
  return inFrames(options, parts, (frameParts) => listServices(names, options, frameParts));
}

/** `backends SERVICE`: each frontend with its servers, and the endpoints that are none. */
export function runBackends(name: string, options: ServicesOptions, parts: ListingParts): Promise<number> {
  return inFrames(options, parts, (frameParts) => listBackends(name, options, frameParts));
}

interface FrameParts extends ListingParts {
  /** Ends what is shown in the middle. */
  readonly signal: AbortSignal;
}

async function inFrames(
  { watch }: ServicesOptions,
  parts: ListingParts,
  frame: (parts: FrameParts) => Promise<number>,
): Promise<number> {
  let code: number = EXIT.good;
  for await (const { number, signal } of turns(watch ?? 0, parts.wait)) {
    if (number > 0) parts.write(parts.isTerminal ? CLEAR_SCREEN : '\n');
    code = await frame({ ...parts, signal });
    if (watch === undefined) break;
  }
  return code;
}

async function listServices(
  names: readonly string[],
  options: ServicesOptions,
  parts: FrameParts,
): Promise<number> {
  const { namespace, vip, rate, stats, output } = options;
  const isMachine = output !== 'table' && output !== 'wide';
  const query = {
    namespace,
    vip,
    servers: isMachine ? ('1' as const) : undefined,
    traffic: rate === true || stats === true || needsTraffic(options.sortBy) ? ('1' as const) : undefined,
  };
  const before = rate === true ? await sample(names, query, options, parts) : undefined;
  const source = await openFrontends(names, query, options.adminSocket, parts);
  const out =
    (await machineOutput(
      output,
      { version: LISTING_VERSION, kind: 'FrontendList', source: source.kind },
      parts.write,
    )) ?? servicesTable(options, parts, before);
  return finish(await addAll(source, out, options), names, source, parts);
}

async function listBackends(name: string, options: ServicesOptions, parts: FrameParts): Promise<number> {
  const { namespace, vip, output } = options;
  const source = await openFrontends([name], { namespace, vip, servers: '1' }, options.adminSocket, parts);
  const head = { version: LISTING_VERSION, kind: 'FrontendList', source: source.kind };
  const out = (await machineOutput(output, head, parts.write)) ?? backendsText(parts);
  return finish(await addAll(source, out, options), [name], source, parts);
}

interface Shown {
  readonly rows: number;
  /** Rows of Services that are not as they should be. */
  readonly findings: number;
}

async function addAll(source: FrontendSource, out: RowOutput, { sortBy }: ServicesOptions): Promise<Shown> {
  let rows = 0;
  let findings = 0;
  const add = (row: FrontendRow) => {
    rows++;
    if (row.service !== null && FINDINGS.has(row.state)) findings++;
    out.add(row);
  };
  if (sortBy === undefined || sortBy === 'name') for await (const row of source.rows) add(row);
  else for (const row of await sorted(source, sortBy)) add(row);
  if (rows > 0) out.end();
  return { rows, findings };
}

const FINDINGS: ReadonlySet<string> = new Set(['refused', 'foreign', 'conflict', 'drift']);

function finish(
  { rows, findings }: Shown,
  names: readonly string[],
  source: FrontendSource,
  { warn, signal }: FrameParts,
): number {
  if (signal.aborted) return EXIT.good;
  if (rows === 0) {
    warn(noFrontendText(names, source));
    return EXIT.nothingFound;
  }
  if (source.kind === 'kernel') return EXIT.unreachable;
  return findings > 0 ? EXIT.problem : EXIT.good;
}

async function sorted(source: FrontendSource, key: SortKey): Promise<FrontendRow[]> {
  const rows: FrontendRow[] = [];
  for await (const row of source.rows) rows.push(row);
  return rows.sort((a, b) => sizeBy(b, key) - sizeBy(a, key));
}

function needsTraffic(key: SortKey | undefined): boolean {
  return key === 'connections' || key === 'bytes';
}

function sizeBy({ counts, traffic }: FrontendRow, key: SortKey): number {
  if (key === 'connections') return traffic?.connections ?? 0;
  if (key === 'bytes') return (traffic?.inBytes ?? 0) + (traffic?.outBytes ?? 0);
  return key === 'active' || key === 'inactive' || key === 'servers' ? counts[key] : 0;
}

const RATE_MILLISECONDS = 1_000;

async function sample(
  names: readonly string[],
  query: ListingQuery,
  options: ServicesOptions,
  parts: FrameParts,
): Promise<Sample> {
  const counters = new Map<string, Traffic>();
  const source = await openFrontends(names, { ...query, servers: undefined }, options.adminSocket, {
    ...parts,
    warn: () => undefined,
  });
  for await (const { frontend, traffic } of source.rows)
    if (traffic !== undefined) counters.set(frontend, traffic);
  const at = performance.now();
  await parts.wait(RATE_MILLISECONDS, parts.signal);
  return { at, counters };
}
