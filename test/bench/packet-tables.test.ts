import { describe, expect, it } from 'vitest';
import type { Behaviours, CellResult } from '../../bench/compare/cell-results.js';
import { behaviourTable, churnTable, throughputTable } from '../../bench/compare/packet-tables.js';
import { rowsOf } from '../../bench/compare/summary.js';
import { cellResult } from './cell-result.js';

const YES = { isHeld: true, seen: 'as wished' };
const NO = { isHeld: false, seen: 'first 10.128.0.1, then nobody' };
const BEHAVIOURS: Behaviours = {
  spread: { chiSquare: 0, degrees: 9, chance: 1, counts: [60, 59, 61] },
  affinity: YES,
  openConnection: YES,
  newConnections: YES,
  datagrams: NO,
  datagramsThen: YES,
  restartOpen: YES,
  restartNew: NO,
};

function rows(more: Partial<CellResult>) {
  const cell = { mode: 'iptables', services: 100, endpoints: 10, round: 1 } as const;
  return rowsOf([{ ...cellResult(cell, { programmed: 5 }), ...more }], 'counted');
}

describe('the tables of what packets meet', () => {
  it('say yes or no for each mode, and with a no what was seen', () => {
    const text = behaviourTable(rows({ behaviours: BEHAVIOURS })).join('\n');
    expect(text).toMatch(/an open TCP connection goes on .* \| yes \|/);
    expect(text).toMatch(/no new connection fails .* \| \*\*no\*\* \(first 10\.128\.0\.1, then nobody\) \|/);
    expect(text).toContain('by the rules alone; yes once the flow is deleted');
    expect(text).toContain('1.00 (59–61 each)');
  });

  it('have a mode once that was measured at two smallest sizes, by two calls', () => {
    const [small] = rows({ behaviours: BEHAVIOURS });
    const [large] = rows({ behaviours: { ...BEHAVIOURS, openConnection: NO } });
    if (small === undefined || large === undefined) throw new Error('no rows');
    expect(behaviourTable([small, { ...large, services: 1000 }])).toEqual(behaviourTable([small]));
  });

  it('say that nothing was shown where nothing was', () => {
    expect(behaviourTable(rows({}))).toEqual(['Not part of this run.']);
  });

  it('tell how long connections took while endpoints changed, and how many changes there were, also a second', () => {
    const nanoseconds = Array.from({ length: 100 }, (_, index) => (index + 1) * 1000);
    const churn = { changes: 30, seconds: 6, nanoseconds, failed: 2 };
    const cell = { mode: 'iptables', services: 100, endpoints: 10, round: 1 } as const;
    const of = (changed: number, clock: 'counted' | 'vm') =>
      churnTable(rowsOf([{ ...cellResult(cell, { programmed: 5, changed }), churn }], clock)).at(-1);
    expect(of(1, 'vm')).toMatch(/\| 5\.0 \| 30 \| 100 \| 51\.0 \| 100 \| 100 \| 2 \| 100 \| 100 \|$/);
    // What passed on a counted clock has its jumps in it.
    expect(of(250, 'counted')).toMatch(/\| 4\.0 \| 30 \| 100 \| 51\.0 \|/);
    expect(of(1, 'counted')).toMatch(/\| 10\.0 \| 30 \| 100 \| 51\.0 \|/);
  });

  it('tell connections and bytes as a part of those without a Service, each beside the one before, and the middle half', () => {
    const throughput = {
      direct: { connectionsPerSecond: [1000, 500, 2000, 1000], megabytesPerSecond: [200, 200, 200, 200] },
      service: { connectionsPerSecond: [900, 450, 1800, 300], megabytesPerSecond: [190, 180, 200, 170] },
    };
    expect(throughputTable(rows({}))).toEqual([expect.stringContaining('Not part of this run')]);
    expect(throughputTable(rows({ throughput })).at(-1)).toMatch(
      /\| 900 \(450–1,800\) \| 90 % \(90–90 %\) \| 190 \(180–200\) \| 95 % \(90–100 %\) \|$/,
    );
  });
});
