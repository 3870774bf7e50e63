import { describe, expect, it } from 'vitest';
import { mixed } from '../../bench/compare/background.js';
import type { Origin } from '../../bench/compare/cell-results.js';
import { type Cell, cellName, cellsOf, MODE_NAMES } from '../../bench/compare/cells.js';
import { chartsOf } from '../../bench/compare/charts.js';
import { evenness } from '../../bench/compare/chi-square.js';
import { readOptions } from '../../bench/compare/options.js';
import { durationText, Progress } from '../../bench/compare/progress.js';
import { reportOf } from '../../bench/compare/report.js';
import { figure } from '../../bench/compare/report-tables.js';
import { rowsOf } from '../../bench/compare/summary.js';
import { comparisonOf } from '../../bench/compare/two-results.js';
import { cellResult } from './cell-result.js';

const BIG = { services: 10_000, endpoints: 10 };
const SMALL = { services: 100, endpoints: 10 };
const ABOUT = {
  options: { clock: 'counted', changes: 3, connections: 10 },
  kernel: '6.1.0-test',
  processor: '2 × test',
  date: '2026-11-29',
  versions: ['nftables v0'],
  calls: ['npm run bench -- --sizes 1x1'],
} as const;

function originAt(commit: string): Origin {
  return { commit, node: 'v24.1.0', date: '2026-11-29' };
}

function cell(mode: Cell['mode'], size = BIG, round = 1): Cell {
  return { mode, ...size, round };
}

describe('the cells of a comparison', () => {
  const plan = { modes: MODE_NAMES, sizes: [SMALL, BIG], rounds: 2, nullSize: SMALL };

  it('come round after round, and begin with another mode in each', () => {
    const cells = cellsOf(plan);
    expect(cells.findIndex(({ round }) => round === 2)).toBe(cells.length / 2);
    expect(cells[0]?.mode).toBe('ipvs');
    expect(cells[cells.length / 2]?.mode).toBe('ipvs-floor');
  });

  it('have the same mode twice at one size, and the slow ways only where they end', () => {
    const names = cellsOf(plan).map(cellName);
    expect(names).toContain('iptables-again-100x10-1');
    expect(names).not.toContain('iptables-again-10000x10-1');
    expect(names).not.toContain('iptables-nft-10000x10-1');
    expect(
      names.some((name) => name.startsWith('iptables-by-rule') || name.startsWith('nftables-1.37')),
    ).toBe(false);
  });

  it('say how long the rest takes, by the size of what was done', () => {
    const progress = new Progress([cell('ipvs', SMALL), cell('iptables', SMALL), cell('ipvs', SMALL, 2)]);
    expect(progress.left).toBeUndefined();
    progress.done(cell('ipvs', SMALL), 60);
    expect(progress.left).toBe(120);
    expect([durationText(59.6), durationText(600), durationText(7260)]).toEqual([
      '60 s',
      '10 min',
      '2 h 1 min',
    ]);
  });
});

describe('the options of a comparison', () => {
  it('are those of a full run where none are given, and name what is no mode or size', () => {
    expect(readOptions([])).toMatchObject({ clock: 'counted', rounds: 2, name: 'counted' });
    expect(readOptions(['--quick', '--kernel', 'newest'])).toMatchObject({ name: 'counted-newest-quick' });
    const into = 'bench/results/2026-11-29/counted-6.1';
    expect(readOptions(['--into', into])).toMatchObject({ name: 'counted-6.1', into });
    expect(() => readOptions(['--modes', 'ipvs,ebpf'])).toThrow("there is no mode 'ebpf'");
    expect(() => readOptions(['--sizes', '1000'])).toThrow("such as 1000x10, not '1000'");
    expect(() => readOptions(['--netns', '--kernel', '6.1'])).toThrow('--netns has its own');
  });

  it('have the modes of a kube-proxy where one is given, and only there', () => {
    const own = MODE_NAMES.filter((mode) => mode.startsWith('kube-proxy-'));
    expect(own).toHaveLength(3);
    expect(readOptions([]).modes.filter((mode) => own.includes(mode))).toEqual([]);
    expect(readOptions(['--quick', '--kube-proxy', process.execPath])).toMatchObject({
      kubeProxy: process.execPath,
      modes: expect.arrayContaining(own),
    });
    expect(() => readOptions(['--modes', 'kube-proxy-ipvs'])).toThrow(
      'kube-proxy-ipvs needs --kube-proxy PATH',
    );
    expect(() => readOptions(['--kube-proxy', '/no/such/file'])).toThrow(
      '/no/such/file is no program that can be run',
    );
  });
});

describe('the Services that are connected to while endpoints change', () => {
  it('are spread over all of them in whatever part is reached', () => {
    const all = Array.from({ length: 300 }, (_, index) => index);
    const order = mixed(all);
    expect(order.toSorted((a, b) => a - b)).toEqual(all);
    for (let start = 0; start + 40 <= order.length; start += 40) {
      const part = order.slice(start, start + 40).sort((a, b) => a - b);
      expect(part[20]).toBeGreaterThan(130);
      expect(part[20]).toBeLessThan(170);
    }
  });
});

describe('the spread over endpoints', () => {
  it('is even where each got as many, and where chance alone made the difference', () => {
    expect(evenness([10, 10, 10, 10], 4)).toEqual({ chiSquare: 0, degrees: 3, chance: expect.closeTo(1, 2) });
    // A table of chi-square: 9 degrees, 16.92 is exceeded in 5 % of all cases.
    const { chance } = evenness([129.085, 70.915, ...Array.from({ length: 8 }, () => 100)], 10);
    expect(chance).toBeCloseTo(0.05, 2);
  });

  it('is not even where an endpoint was left out', () => {
    expect(evenness([50, 50], 3)).toMatchObject({ chiSquare: expect.closeTo(50), degrees: 2 });
    expect(evenness([50, 50], 3).chance).toBeLessThan(0.001);
  });
});

describe('the report of a comparison', () => {
  const results = [
    cellResult(cell('ipvs', SMALL), { programmed: 10, changed: 1, connected: 150 }),
    cellResult(cell('ipvs'), { programmed: 100, changed: 1.1, connected: 150 }),
    cellResult(cell('iptables', SMALL), { programmed: 5, changed: 10, connected: 120 }),
    cellResult(cell('iptables'), { programmed: 400, changed: 110, connected: 1500 }),
  ];
  const rows = rowsOf(results, 'counted');
  const report = reportOf(rows, chartsOf(rows, 'counted'), ABOUT);

  it('judges by the targets, held or missed', () => {
    expect(report).toMatch(/\| programming at 10,000 × 10: .* \| 4\.00 × \| at least 5 \| \*\*missed\*\* \|/);
    expect(report).toMatch(/\| one endpoint at 10,000 × 10: .* \| 100\.00 × \| at least 50 \| held \|/);
    expect(report).toMatch(
      /\| one endpoint: IPVS.* 10,000 × 10 ÷ 100 × 10 \| 1\.10 × \| at most 1\.2 \| held \|/,
    );
    expect(report).toMatch(/\| connection set-up: iptables.* \| 12\.50 × \| \| \|/);
  });

  it('judges nothing by the clock on the wall of an emulated machine', () => {
    const options = { ...ABOUT.options, clock: 'vm' } as const;
    const wall = rowsOf(results, 'vm');
    expect(reportOf(wall, chartsOf(wall, 'vm'), { ...ABOUT, options })).not.toMatch(/held|missed/);
  });

  it('says how far apart runs are where they are furthest apart, and where there is one alone', () => {
    expect(report).toContain('Every figure was measured once');
    const again = rowsOf(
      [
        ...results,
        cellResult(cell('ipvs', SMALL, 2), { programmed: 11, changed: 1, connected: 150 }),
        cellResult(cell('iptables', BIG, 2), { programmed: 404, changed: 110, connected: 1515 }),
      ],
      'counted',
    );
    const apart = reportOf(again, chartsOf(again, 'counted'), ABOUT);
    expect(apart).toContain('| programming | 9.1 % | IPVS: kube-ipvs-proxy, 100 × 10, 2 runs |');
    expect(apart).toContain(
      "| connection set-up | 1.0 % | iptables: kube-proxy's rules, 10,000 × 10, 2 runs |",
    );
  });

  it('tells at which commit and on which Node each mode was measured, and at which sizes where they differ', () => {
    const measured = [
      { ...cellResult(cell('ipvs'), { programmed: 1 }), origin: originAt('bbb') },
      { ...cellResult(cell('iptables', SMALL), { programmed: 1 }), origin: originAt('aaa') },
      { ...cellResult(cell('iptables'), { programmed: 1 }), origin: originAt('bbb') },
    ];
    const text = reportOf(rowsOf(measured, 'counted'), [], ABOUT);
    expect(text).toContain('- commit bbb with Node 24.1.0, 2026-11-29: `ipvs`, `iptables` (10,000 × 10)');
    expect(text).toContain('- commit aaa with Node 24.1.0, 2026-11-29: `iptables` (100 × 10)');
    expect(reportOf(rowsOf(measured.slice(0, 1), 'counted'), [], ABOUT)).toContain(
      'Measured at commit bbb with Node 24.1.0, 2026-11-29.',
    );
  });

  it('tells on which kernel each was measured where not all were on the same', () => {
    const measured = ['6.1.0-1', '6.1.0-2'].map((kernel, round) => ({
      ...cellResult(cell('ipvs', BIG, round), { programmed: 1 }),
      kernel,
      origin: originAt('aaa'),
    }));
    expect(reportOf(rowsOf(measured, 'counted'), [], ABOUT)).toContain(
      '- commit aaa with Node 24.1.0 on Linux 6.1.0-2, 2026-11-29: `ipvs`',
    );
  });

  it('tells what each mode is, and what was typed for it', () => {
    expect(report).toContain("| `iptables` | iptables: kube-proxy's rules | one `iptables-legacy-restore");
    expect(report).toContain('- `npm run bench -- --sizes 1x1`');
  });

  it('has what a cell had measured before it was given up, after how long, and nothing in its other columns', () => {
    const { kernel, program, kernelMemory } = cellResult(cell('iptables'), { programmed: 900 });
    const measured = {
      isUnfinished: true,
      cell: cell('nftables-1.36'),
      kernel,
      program,
      kernelMemory,
    } as const;
    const stopped = { cell: measured.cell, origin: originAt('aaa'), seconds: 3600 };
    const small = cellResult(cell('nftables-1.36', SMALL), { programmed: 9, changed: 5 });
    const some = rowsOf([...results, small, measured], 'counted');
    const text = reportOf(some, chartsOf(some, 'counted'), ABOUT, [{ ...stopped, measured }, stopped]);
    expect(text).toContain(
      [
        '- nftables: kube-proxy 1.36, 10,000 × 10: 60 min; what it had by then is in the tables',
        '- nftables: kube-proxy 1.36, 10,000 × 10: 60 min; nothing was done by then',
      ].join('\n'),
    );
    expect(text).toContain('| 10,000 × 10 | nftables: kube-proxy 1.36 | 900 | 900 |  |');
    // Each ratio is of the largest size that has it.
    expect(text).toContain('programming at 10,000 × 10: nftables: kube-proxy 1.36 ÷ ours | 9.00 ×');
    expect(text).toContain('one endpoint at 100 × 10: nftables: kube-proxy 1.36 ÷ ours | 5.00 ×');
    expect(text).not.toContain('NaN');
  });

  it('does not claim that IPVS loses nothing where nothing else was measured', () => {
    const alone = rowsOf([cellResult(cell('ipvs'), { programmed: 1 })], 'counted');
    expect(reportOf(alone, chartsOf(alone, 'counted'), ABOUT)).toContain(
      'Not known: no other mode was measured',
    );
  });

  it('says where IPVS loses', () => {
    const [, losses = ''] = report.split('## Where IPVS loses');
    expect(losses).toMatch(
      /\| 100 × 10 \| iptables: .* \| programming 2\.00 ×; .*connection set-up, p50 1\.25 ×/,
    );
    expect(losses.split('## Programming')[0]).not.toContain('| 10,000 × 10 |');
  });

  it('counts on a clock that counts instructions what was on the processor, elsewhere what has passed', () => {
    const waited = { ...results[0], program: { ...results[0]?.program, elapsed: 77, processor: 10 } };
    const of = (clock: 'counted' | 'vm') => rowsOf([waited as (typeof results)[0]], clock)[0]?.program.median;
    expect([of('counted'), of('vm')]).toEqual([10, 77]);
  });

  it('takes the middle of all rounds, and tells how far they are apart', () => {
    const rounds = [10, 11, 13].map((programmed, round) =>
      cellResult(cell('ipvs', BIG, round), { programmed }),
    );
    expect(rowsOf(rounds, 'counted')[0]?.program).toEqual({ runs: 3, median: 11, spread: 3 / 11 });
  });

  it('takes every start of a cell for a run of programming, and the middle of the two in the middle', () => {
    const result = cellResult(cell('ipvs', SMALL), { programmed: 10 });
    const again = [12, 20, 11].map((programmed) =>
      cellResult(cell('ipvs', SMALL), { programmed, changed: 3 }),
    );
    const [row] = rowsOf([{ ...result, again }], 'counted');
    expect(row?.program).toEqual({ runs: 4, median: 11.5, spread: 10 / 12 });
    expect(row?.restart?.median).toBe(11.5);
    expect(row?.changes['endpoint-added']).toMatchObject({ runs: 4, median: 3 });
    expect(row?.rounds).toBe(1);
  });

  it('says what the kernel takes for the objects of IPVS, whoever asks for them', () => {
    const floor = rowsOf([...results, cellResult(cell('ipvs-floor'), { programmed: 80 })], 'counted');
    const text = reportOf(floor, chartsOf(floor, 'counted'), ABOUT);
    expect(text).toContain(
      '| programming at 10,000 × 10: ours ÷ a C program that decides nothing | 1.25 × | | |',
    );
    expect(text).toContain("iptables: kube-proxy's rules ÷ a C program that decides nothing | 5.00 × | | |");
  });

  it('tells what programming takes with VIPs as routes, beside the targets', () => {
    const routes = rowsOf(
      [
        ...results,
        cellResult(cell('ipvs-routes'), { programmed: 50 }),
        cellResult(cell('ipvs-floor-routes'), { programmed: 20 }),
      ],
      'counted',
    );
    const text = reportOf(routes, chartsOf(routes, 'counted'), ABOUT);
    expect(text).toContain("iptables: kube-proxy's rules ÷ ours with VIPs as routes | 8.00 × | | |");
    expect(text).toContain(
      'ours with VIPs as routes ÷ a C program that decides nothing, VIPs as routes | 2.50 × | | |',
    );
    expect(text).toMatch(/÷ ours \| 4\.00 × \| at least 5 \| \*\*missed/);
  });

  it('compares two results by what both have', () => {
    const after = results
      .slice(0, 1)
      .map((result) => ({ ...result, program: { ...result.program, processor: 20 } }));
    const text = comparisonOf({ about: ABOUT, results }, { about: ABOUT, results: after });
    expect(text.match(/^\| \d.*$/gm)).toEqual([
      expect.stringMatching(/^\| 100 × 10 \| IPVS.* \| 2\.000 \| 1\.000 \|/),
    ]);
  });

  it('tells how far two results and their ratios are apart, where they are furthest apart', () => {
    const after = results.map((result) => {
      const { program, cell } = result;
      const times = cell.mode === 'ipvs' ? 1.02 : cell.services === BIG.services ? 1.03 : 0.98;
      return { ...result, program: { ...program, processor: program.processor * times } };
    });
    const text = comparisonOf({ about: ABOUT, results }, { about: ABOUT, results: after });
    expect(text).toContain(
      "| programming | 3.0 % | iptables: kube-proxy's rules, 10,000 × 10 | 3.9 % | iptables: kube-proxy's rules, 100 × 10 |",
    );
    expect(text).toContain('| connection p50 | 0.0 % |');
  });

  it('writes three digits that count', () => {
    expect([0, 0.0123, 1.234, 56.78, 999.4, 12345.6].map(figure)).toEqual([
      '0',
      '0.012',
      '1.23',
      '56.8',
      '999',
      '12,346',
    ]);
  });
});

describe('the drawings of a comparison', () => {
  it('have every mode and size that was measured, in boxes of percentiles as the chart of kubernetes.io', () => {
    const results = [
      cellResult(cell('ipvs'), { programmed: 1 }),
      cellResult(cell('iptables'), { programmed: 1 }),
    ];
    const [boxes] = chartsOf(rowsOf(results, 'counted'), 'counted');
    const { data } = (boxes ?? { spec: {} }).spec as { data: { values: Record<string, unknown>[] } };
    expect(data.values.map(({ mode, size, p50 }) => [mode, size, p50])).toEqual([
      ['IPVS: kube-ipvs-proxy', '10,000 Services', 100],
      ["iptables: kube-proxy's rules", '10,000 Services', 100],
    ]);
  });
});
