import { TRAFFIC_COUNTERS, type Traffic } from '../model/counters.js';
import { columns } from './columns.js';
import { EXIT } from './exit.js';
import { openFrontends } from './frontend-source.js';
import { nameOf } from './frontend-table.js';
import { turns } from './interruption.js';
import { CLEAR_SCREEN, shortNumber } from './output.js';
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
  readonly counters: Traffic;
}

interface Sample {
  readonly at: number;
  readonly isAgents: boolean;
  readonly seen: ReadonlyMap<string, Seen>;
}

/** `top`: the frontends with the most traffic, measured again and again. */
export async function runTop(options: TopOptions, parts: ListingParts): Promise<number> {
  let before: Sample | undefined;
  for await (const { signal } of turns(options.interval, parts.wait)) {
    const warn = before === undefined ? parts.warn : () => undefined;
    const now = await sample(options, { ...parts, warn, signal });
    if (signal.aborted) return EXIT.good;
    if (before !== undefined)
      parts.write(`${parts.isTerminal ? CLEAR_SCREEN : ''}${frame(before, now, options)}`);
    if (before !== undefined && options.once === true) break;
    before = now;
  }
  return before?.isAgents === false ? EXIT.unreachable : EXIT.good;
}

async function sample(
  { adminSocket, namespace }: TopOptions,
  parts: Parameters<typeof openFrontends>[3],
): Promise<Sample> {
  const query = { namespace, traffic: '1' } as const;
  const source = await openFrontends([], query, adminSocket, parts);
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

const HEADINGS = ['SERVICE', 'VIP:PORT', 'Active', 'CPS', 'InPPS', 'OutPPS', 'InBPS', 'OutBPS'];

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
function ratesOf(now: Traffic, before: Traffic | undefined, seconds: number): number[] {
  if (before === undefined || TRAFFIC_COUNTERS.some((key) => now[key] < before[key]))
    return TRAFFIC_COUNTERS.map(() => 0);
  return TRAFFIC_COUNTERS.map((key) => (now[key] - before[key]) / seconds);
}

/** By bytes in both directions, then by connections. */
function weightOf([connections = 0, , , inBytes = 0, outBytes = 0]: readonly number[]): number {
  return inBytes + outBytes + connections;
}
