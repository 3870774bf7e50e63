import type { FrontendRow, TrafficCounters } from '../status/listing/frontend-row.js';
import type { ListingQuery } from '../status/listing/listing-source.js';
import { EarlyEnd, openRows } from './agent-source.js';
import { columns } from './columns.js';
import { EXIT } from './exit.js';
import { nameOf } from './frontend-table.js';
import { shortNumber } from './output.js';
import type { ListingParts } from './services.js';

export interface TopOptions {
  readonly adminSocket: string;
  readonly namespace?: string;
  /** Seconds over which rates are measured, and between two frames. */
  readonly interval: number;
  /** Frontends shown. */
  readonly rows: number;
  /** One frame, and the end. */
  readonly once?: boolean;
}

interface Seen {
  readonly name: string;
  readonly frontend: string;
  readonly active: number;
  readonly counters: TrafficCounters;
}

interface Sample {
  readonly at: number;
  readonly isAgents: boolean;
  readonly seen: ReadonlyMap<string, Seen>;
}

/** `top`: the frontends with the most traffic, measured again and again. */
export async function runTop(options: TopOptions, parts: ListingParts): Promise<number> {
  const end = new EarlyEnd();
  let before = await sample(options, parts, parts.warn);
  const { isAgents } = before;
  while (!end.isWished) {
    await Promise.race([parts.wait(options.interval * 1000), end.wished]);
    if (end.isWished) break;
    const now = await sample(options, parts, () => undefined);
    parts.write(`${parts.isTerminal ? CLEAR : ''}${frame(before, now, options)}`);
    before = now;
    if (options.once === true) break;
  }
  end.close();
  return isAgents ? EXIT.good : EXIT.unreachable;
}

const CLEAR = '\u001b[H\u001b[2J';

async function sample(
  { adminSocket, namespace }: TopOptions,
  { kernelRows }: ListingParts,
  warn: (text: string) => void,
): Promise<Sample> {
  const query = { namespace, traffic: '1' } as const;
  const source = await openRows<FrontendRow, Pick<ListingQuery, 'namespace' | 'traffic'>>({
    adminSocket,
    path: '/services',
    queries: [query],
    suggestFor: [],
    kernelRows,
    warn,
  });
  const seen = new Map<string, Seen>();
  for await (const { service, port, frontend, counts, traffic } of source.rows)
    if (traffic !== undefined)
      seen.set(frontend, {
        name: nameOf({ service, port }),
        frontend,
        active: counts.active,
        counters: traffic,
      });
  return { at: performance.now(), isAgents: source.kind === 'agent', seen };
}

const KEYS = ['connections', 'inPackets', 'outPackets', 'inBytes', 'outBytes'] as const;
const HEADINGS = ['SERVICE', 'VIP:PORT', 'ActiveConn', 'CPS', 'InPPS', 'OutPPS', 'InBPS', 'OutBPS'];

function frame(before: Sample, now: Sample, { rows }: TopOptions): string {
  const seconds = (now.at - before.at) / 1000;
  const rated = [...now.seen.values()].map((one) => ({
    ...one,
    rates: ratesOf(one.counters, before.seen.get(one.frontend)?.counters, seconds),
  }));
  rated.sort((a, b) => weightOf(b.rates) - weightOf(a.rates) || b.active - a.active);
  const lines = rated.slice(0, rows).map(({ name, frontend, active, rates }) => {
    return [name, frontend, shortNumber(active), ...rates.map(shortNumber)];
  });
  return `${columns([HEADINGS, ...lines]).join('\n')}\n`;
}

// One that is new, or was made anew, has no rate yet.
function ratesOf(now: TrafficCounters, before: TrafficCounters | undefined, seconds: number): number[] {
  if (before === undefined || KEYS.some((key) => now[key] < before[key])) return KEYS.map(() => 0);
  return KEYS.map((key) => (now[key] - before[key]) / seconds);
}

/** By bytes in both directions, then by connections. */
function weightOf([connections = 0, , , inBytes = 0, outBytes = 0]: readonly number[]): number {
  return inBytes + outBytes + connections;
}
