import { MODES, type ModeName, vipBindingOf } from './cells.js';
import type { Clock, Row } from './summary.js';

/** A drawing as vega-lite reads it, with its data inside. */
export interface Chart {
  readonly name: string;
  readonly title: string;
  readonly spec: object;
}

/** Of colours that are told apart by everybody (Okabe and Ito); kube-proxy's modes as in its own chart are not ours. */
const COLOURS: Readonly<Partial<Record<ModeName, string>>> = {
  iptables: '#D55E00',
  'iptables-nft': '#E69F00',
  'iptables-by-rule': '#CC79A7',
  'nftables-1.36': '#0072B2',
  'nftables-1.37': '#56B4E9',
  ipvs: '#009E73',
  'ipvs-routes': '#66D1AE',
  'ipvs-floor': '#999999',
  'ipvs-floor-routes': '#CCCCCC',
  'kube-proxy-ipvs': '#004D39',
  'kube-proxy-iptables': '#7A3500',
  'kube-proxy-nftables': '#003A5C',
};

const SHOWN = Object.keys(COLOURS) as ModeName[];

/** Of the sizes with this many endpoints; the others are in the tables. */
const ENDPOINTS = 10;

export function chartsOf(rows: readonly Row[], clock: Clock): Chart[] {
  const drawn = rows.filter(({ mode, endpoints }) => SHOWN.includes(mode) && endpoints === ENDPOINTS);
  // Once VIPs are bound, either way costs the same.
  const lines = drawn.filter(({ mode }) => vipBindingOf(mode) === 'addresses');
  const unit = clock === 'counted' ? 'counted ms (2 ns an instruction)' : 'ms';
  return [
    connectionChart(lines, clock),
    growthChart(
      'programming',
      `Programming everything from nothing, ${ENDPOINTS} endpoints each`,
      unit,
      drawn,
      (row) => row.program.median,
    ),
    growthChart(
      'one-change',
      'One endpoint added to one Service',
      unit,
      lines,
      (row) => row.changes['endpoint-added']?.median,
    ),
    growthChart('kernel-memory', "Growth of the kernel's memory", 'MB', lines, (row) =>
      Math.max(row.kernelMemory.median, 0.01),
    ),
    growthChart(
      'connections',
      'Set-up of a connection, median over all Services',
      clock === 'counted' ? 'counted µs (500 instructions each)' : 'µs',
      lines,
      (row) => row.connections?.spread[50],
      // All are within one power of ten, which has no line in it.
      { type: 'linear', zero: true },
    ),
  ];
}

/**
 * Sizes of the chart of connections: those of the chart that kubernetes.io has, as far as they were measured, and
 * smaller ones.
 */
const GROUPS = [100, 1000, 5000, 10_000, 30_000];

/** In the form of kubernetes.io's chart of nftables mode: a box of percentiles for each mode at each size. */
function connectionChart(rows: readonly Row[], clock: Clock): Chart {
  const values = rows
    .filter(
      ({ services, mode }) =>
        GROUPS.includes(services) && !['iptables-by-rule', 'iptables-nft', 'ipvs-floor'].includes(mode),
    )
    .flatMap(({ mode, services, connections }) =>
      connections === undefined
        ? []
        : [
            {
              mode: MODES[mode].title,
              size: `${services.toLocaleString('en')} Services`,
              services,
              ...percentilesOf(connections.spread),
            },
          ],
    );
  const unit = clock === 'counted' ? 'counted µs' : 'µs';
  const layer = (mark: object, low: string, high?: string) => ({
    mark,
    encoding: {
      x: {
        field: 'mode',
        type: 'nominal',
        title: null,
        sort: order(),
        axis: { labels: false, ticks: false },
      },
      y: {
        field: low,
        type: 'quantitative',
        title: `first answer, ${unit}`,
        scale: { zero: true },
      },
      ...(high !== undefined && { y2: { field: high } }),
      color: colour(values.map(({ mode }) => mode)),
    },
  });
  return {
    name: 'first-packet',
    title: 'Latency of the first packet to a Service, by mode and number of Services',
    spec: {
      $schema: SCHEMA,
      title: {
        text: 'Latency of the first packet to a Service',
        subtitle: 'line p01 to p99, box p10 to p90, bar p50',
      },
      data: { values },
      facet: {
        column: {
          field: 'size',
          type: 'nominal',
          title: null,
          sort: GROUPS.map((count) => `${count.toLocaleString('en')} Services`),
        },
      },
      spec: {
        width: 120,
        height: 320,
        layer: [
          layer({ type: 'rule', strokeWidth: 2 }, 'p01', 'p99'),
          layer({ type: 'bar', width: 22, opacity: 0.55 }, 'p10', 'p90'),
          layer({ type: 'tick', width: 26, thickness: 3 }, 'p50'),
        ],
      },
      config: CONFIG,
    },
  };
}

function percentilesOf(spread: NonNullable<Row['connections']>['spread']): object {
  const { 1: p01, 10: p10, 50: p50, 90: p90, 99: p99 } = spread;
  return { p01, p10, p50, p90, p99 };
}

function growthChart(
  name: string,
  title: string,
  unit: string,
  rows: readonly Row[],
  of: (row: Row) => number | undefined,
  scale: { readonly type: 'log' | 'linear'; readonly zero?: boolean } = { type: 'log' },
): Chart {
  const values = rows.flatMap((row) => {
    const value = of(row);
    return value === undefined ? [] : [{ mode: MODES[row.mode].title, services: row.services, value }];
  });
  const sizes = [...new Set(values.map(({ services }) => services))];
  return {
    name,
    title,
    spec: {
      $schema: SCHEMA,
      title,
      width: 560,
      height: 320,
      data: { values },
      mark: { type: 'line', point: { filled: true, size: 60 }, strokeWidth: 2 },
      encoding: {
        x: {
          field: 'services',
          type: 'quantitative',
          title: 'Services',
          scale: { type: 'log', nice: false },
          // 5k and 10k have room beside each other where 5,000 and 10,000 have not, and one would be left out.
          axis: { values: sizes, format: '~s', labelOverlap: false },
        },
        y: {
          field: 'value',
          type: 'quantitative',
          title: unit,
          scale,
          axis: scale.type === 'log' ? { values: POWERS } : {},
        },
        color: colour(values.map(({ mode }) => mode)),
      },
      config: CONFIG,
    },
  };
}

function order(): string[] {
  return SHOWN.map((mode) => MODES[mode].title);
}

// Only the modes that take part: a legend of others would be looked for in the drawing.
function colour(modes: readonly string[]): object {
  const shown = SHOWN.filter((mode) => modes.includes(MODES[mode].title));
  return {
    field: 'mode',
    type: 'nominal',
    title: null,
    scale: { domain: shown.map((mode) => MODES[mode].title), range: shown.map((mode) => COLOURS[mode]) },
    legend: { orient: 'bottom', columns: 2 },
  };
}

/** The lines of a logarithmic axis. */
const POWERS = [0.001, 0.01, 0.1, 1, 10, 100, 1000, 10_000, 100_000, 1_000_000];

const SCHEMA = 'https://vega.github.io/schema/vega-lite/v6.json';
const CONFIG = {
  background: 'white',
  font: 'sans-serif',
  axis: { labelFontSize: 12, titleFontSize: 12 },
  legend: { labelFontSize: 12, labelLimit: 0 },
  title: { fontSize: 15, subtitleFontSize: 12 },
};
