import type { Results } from './results.js';

export interface Verdict {
  readonly what: string;
  readonly measured: number;
  readonly unit: string;
  /** A negative limit is the least that is expected. */
  readonly limit?: number;
}

/** A table of what was measured and what is allowed. */
export function verdictTable(rows: readonly Verdict[], results: Results): string[] {
  return [
    '| | measured | limit | |',
    '|---|---:|---:|---|',
    ...rows.map((verdict) => verdictRow(verdict, isJudged(results))),
  ];
}

// The limits are for 10,000 × 10, where a cold program's start no longer counts, and not for an emulated machine, which
// slows JavaScript more than the kernel.
function isJudged({ machine, size }: Results): boolean {
  return machine.kind !== 'vm' && size.services * size.endpoints >= 100_000;
}

function verdictRow({ what, measured, unit, limit }: Verdict, judged: boolean): string {
  const shown = `${Number.isInteger(measured) ? measured : measured.toFixed(2)} ${unit}`.trim();
  if (limit === undefined || !judged) return `| ${what} | ${shown} | | |`;
  const held = limit < 0 ? measured >= -limit : measured <= limit;
  return `| ${what} | ${shown} | ${limit < 0 ? `≥ ${-limit}` : `≤ ${limit}`} | ${held ? 'held' : '**missed**'} |`;
}
