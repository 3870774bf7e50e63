import { median, quantile, spread } from '../kernel/statistics.js';
import type {
  CellResult,
  ChangeKind,
  Churn,
  ConnectionPlace,
  Cost,
  Origin,
  Start,
  UnfinishedResult,
} from './cell-results.js';
import { CHANGE_KINDS } from './cell-results.js';
import type { ModeName, Size } from './cells.js';
import { evenness } from './chi-square.js';
import type { Options } from './options.js';
import { CHURN_PER_SECOND } from './rule-files.js';

export type Clock = Options['clock'];

/** Of several runs: the middle, and how far apart they are as a part of it. */
export interface Measured {
  readonly runs: number;
  readonly median: number;
  readonly spread: number;
}

export const PERCENTILES = [1, 10, 50, 90, 95, 99] as const;

export type Percentile = (typeof PERCENTILES)[number];

/** All rounds of one mode at one size. Milliseconds, megabytes, microseconds of connections. */
export interface Row extends Size {
  readonly mode: ModeName;
  readonly rounds: number;
  /** Of every round that tells it. */
  readonly origins: readonly KernelOrigin[];
  readonly program: Measured;
  readonly firstService: Measured;
  readonly messages: number | undefined;
  readonly bytes: number | undefined;
  readonly peakMemory: Measured;
  readonly settledMemory: Measured | undefined;
  readonly kernelMemory: Measured;
  readonly restart: Measured | undefined;
  readonly coldChange: Measured | undefined;
  readonly changes: Readonly<Record<ChangeKind, ChangeRow | undefined>>;
  /** Absent, as are other figures, where a cell was given up before. */
  readonly connections: Readonly<Record<ConnectionPlace, Readonly<Record<Percentile, number>>>> | undefined;
  /** The medians of the rounds' connections to Services spread over all, in nanoseconds. */
  readonly connectionMedians: Measured | undefined;
  readonly failed: number;
  readonly churn: ChurnRow | undefined;
  readonly throughput: CellResult['throughput'];
  readonly asked: CellResult['asked'];
  readonly behaviours: CellResult['behaviours'];
  /** Connections to the middle Service; 1 where it has one endpoint. */
  readonly chance: number;
}

export interface KernelOrigin extends Origin {
  readonly kernel: string;
}

export interface ChurnRow {
  readonly changesPerSecond: number;
  /** While these connections were opened. */
  readonly changes: number;
  readonly connections: number;
  /** Microseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly largest: number;
  readonly failed: number;
}

export interface ChangeRow extends Measured {
  readonly messages: number | undefined;
  readonly bytes: number | undefined;
}

/**
 * What counts of a cost. On a clock that counts instructions it is the time on the processor: what a program waits for
 * there, the machine's files or a timer, sets the clock forward at once. Elsewhere it is the time that has passed.
 */
export function timeOf(cost: Cost, clock: Clock): number {
  return clock === 'counted' ? cost.processor : cost.elapsed;
}

export function rowsOf(results: readonly Result[], clock: Clock): Row[] {
  const groups = new Map<string, Result[]>();
  for (const result of results) {
    const { mode, services, endpoints } = result.cell;
    const key = `${mode} ${services} ${endpoints}`;
    groups.set(key, [...(groups.get(key) ?? []), result]);
  }
  return [...groups.values()].flatMap((rounds) => rowOf(rounds, clock)).sort(byPlace);
}

function byPlace(a: Row, b: Row): number {
  return a.endpoints - b.endpoints || a.services - b.services;
}

type Result = CellResult | UnfinishedResult;

function rowOf(rounds: readonly Result[], clock: Clock): Row[] {
  const [first] = rounds;
  if (first === undefined) return [];
  const over = (of: (result: Result) => number | undefined) => measured(rounds.map(of));
  const starts = rounds.flatMap((round) => [round, ...(round.again ?? [])]);
  const overStarts = (of: (start: Start) => number | undefined) => measured(starts.map(of));
  const { mode, services, endpoints } = first.cell;
  return [
    {
      mode,
      services,
      endpoints,
      rounds: rounds.length,
      origins: rounds.flatMap(({ origin, kernel }) => (origin === undefined ? [] : { ...origin, kernel })),
      program: known(overStarts(({ program }) => timeOf(program, clock))),
      firstService: known(overStarts(({ program }) => firstServiceOf(program, clock))),
      messages: first.program.messages,
      bytes: first.program.bytes,
      peakMemory: known(over(({ program }) => program.peakMemory)),
      settledMemory: over(({ program }) => program.settledMemory),
      kernelMemory: known(over(({ kernelMemory: { slab, vmalloc, percpu } }) => slab + vmalloc + percpu)),
      restart: overStarts(({ restart }) => restart && timeOf(restart, clock)),
      coldChange: overStarts(({ coldChange }) => coldChange && timeOf(coldChange, clock)),
      changes: mapOf(CHANGE_KINDS, (kind) => changeRow(starts, kind, clock)),
      connections: rounds.some(({ connections }) => connections !== undefined)
        ? mapOf(PLACES, (place) => percentilesOf(rounds, place))
        : undefined,
      connectionMedians: over(({ connections }) => connections && median(connections.spread.nanoseconds)),
      churn: churnRow(rounds, clock),
      throughput: first.throughput,
      asked: rounds.find(({ asked }) => asked !== undefined)?.asked,
      behaviours: rounds.find(({ behaviours }) => behaviours !== undefined)?.behaviours,
      failed: rounds.reduce((sum, round) => sum + failuresOf(round), 0),
      chance: chanceOf(rounds, endpoints),
    },
  ];
}

// The tool programs all at once, so that the first Service comes with the last.
function firstServiceOf(program: CellResult['program'], clock: Clock): number {
  return program.settledMemory === undefined ? timeOf(program, clock) : program.firstService;
}

function changeRow(starts: readonly Start[], kind: ChangeKind, clock: Clock): ChangeRow | undefined {
  const ofEach = starts.map(({ changes }) => changes?.[kind] ?? []);
  const changes = ofEach.flat();
  const medians = ofEach.map((some) => median(some.map((change) => timeOf(change, clock))));
  const over = measured(medians);
  return over && { ...over, messages: changes[0]?.messages, bytes: changes[0]?.bytes };
}

function churnRow(rounds: readonly Result[], clock: Clock): ChurnRow | undefined {
  const churns = rounds.flatMap(({ churn }) => churn ?? []);
  if (churns.length === 0) return undefined;
  const times = churns.flatMap(({ nanoseconds }) => nanoseconds).map((time) => time / 1000);
  return {
    changesPerSecond: clock === 'counted' ? possiblePerSecond(rounds) : median(churns.map(rateOf)),
    changes: churns.reduce((sum, { changes }) => sum + changes, 0),
    connections: times.length,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    largest: Math.max(...times),
    failed: churns.reduce((sum, { failed }) => sum + failed, 0),
  };
}

function rateOf({ changes, seconds }: Churn): number {
  return changes / seconds;
}

// A change that waits for the machine's files lets a counted clock jump, by minutes: what took part in it tells no rate.
function possiblePerSecond(rounds: readonly Result[]): number {
  const costs = rounds
    .flatMap(({ changes }) => changes?.['endpoint-added'] ?? [])
    .map(({ processor }) => processor);
  return Math.min(CHURN_PER_SECOND, 1000 / median(costs));
}

const PLACES: readonly ConnectionPlace[] = ['direct', 'first', 'middle', 'last', 'spread', 'node'];

function percentilesOf(rounds: readonly Result[], place: ConnectionPlace): Record<Percentile, number> {
  const samples = rounds.flatMap(({ connections }) => connections?.[place].nanoseconds ?? []);
  return mapOf(PERCENTILES, (percentile) => quantile(samples, percentile / 100) / 1000);
}

function failuresOf({ connections }: Result): number {
  return PLACES.reduce((sum, place) => sum + (connections?.[place].failed ?? 0), 0);
}

function chanceOf(rounds: readonly Result[], endpoints: number): number {
  const counts = new Map<string, number>();
  for (const { connections } of rounds)
    for (const [address, count] of Object.entries(connections?.middle.endpoints ?? {}))
      counts.set(address, (counts.get(address) ?? 0) + count);
  return evenness([...counts.values()], endpoints).chance;
}

function measured(numbers: readonly (number | undefined)[]): Measured | undefined {
  const there = numbers.filter((number) => number !== undefined && !Number.isNaN(number)) as number[];
  return there.length === 0
    ? undefined
    : { runs: there.length, median: middle(there), spread: spread(there) };
}

// Of an even number of runs none is in the middle.
function middle(numbers: readonly number[]): number {
  const upper = median(numbers);
  if (numbers.length % 2 === 1) return upper;
  return (upper - median(numbers.map((number) => -number))) / 2;
}

function known(measured: Measured | undefined): Measured {
  if (measured === undefined) throw new Error('a result lacks what every result has');
  return measured;
}

function mapOf<K extends string | number, V>(keys: readonly K[], of: (key: K) => V): Record<K, V> {
  return Object.fromEntries(keys.map((key) => [key, of(key)])) as Record<K, V>;
}
