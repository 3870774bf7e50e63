import { FAMILIES, type Family, familyOf } from '../../model/address.js';
import type { ObservedDataplane } from '../../model/dataplane.js';
import type { Problem } from '../../model/problem.js';
import type { SyncState } from '../../model/sync-state.js';
import type { ResourceStatistics } from '../../model/watch-statistics.js';
import { Counts, type MetricRow, type Sample } from './exposition.js';
import type { MetricSources } from './metric-sources.js';
import type { Tally } from './tally.js';

/** What kube-proxy has no metric for. */
export function ownMetrics(
  sources: MetricSources,
  snapshot: () => Snapshot,
  tally: Tally,
  events: Counts,
): MetricRow[] {
  return [
    ...stateMetrics(sources, snapshot),
    ...workMetrics(tally, events),
    logMetric(sources),
    ...watchMetrics(() => sources.watch?.().resources ?? []),
  ].map((row) => ({ ...row, name: `kube_ipvs_proxy_${row.name}` }));
}

function stateMetrics(sources: MetricSources, snapshot: () => Snapshot): MetricRow[] {
  const state = () => snapshot().state;
  const counts = () => snapshot().counts;
  return [
    gauge(
      'source_complete',
      'Whether the source has sent everything once: only then anything is removed.',
      () => Number(state().complete),
    ),
    gauge('synced', 'Whether the kernel has acknowledged everything that is desired.', () =>
      Number(state().synced),
    ),
    gauge('services', 'Services known.', () => sources.view.serviceCount),
    gauge('endpoint_slices', 'EndpointSlices known.', () => sources.view.sliceCount),
    gauge('vips', 'VIPs on the dummy device.', () => byFamily(counts(), 'vips'), 'ip_family'),
    gauge(
      'virtual_servers',
      'Virtual servers of ours.',
      () => byFamily(counts(), 'virtualServers'),
      'ip_family',
    ),
    gauge(
      'real_servers',
      'Real servers of ours; draining ones have weight 0 and take no new connections.',
      () => realServers(counts()),
      'ip_family',
      'state',
    ),
    gauge(
      'foreign_virtual_servers',
      'Virtual servers of other programs, which are left alone.',
      () => counts().foreign,
    ),
    gauge('drains', 'Servers that drain until they are removed.', () => state().drains.length),
    gauge('problems', 'Things that a person has to put right.', () => byKind(state().problems), 'kind'),
  ];
}

function workMetrics(tally: Tally, events: Counts): MetricRow[] {
  return [
    counter('passes_total', 'Passes; a failed one could not look at the kernel.', tally.passes, 'outcome'),
    counter('operations_total', 'Writes to the kernel.', tally.operations, 'operation', 'outcome'),
    {
      ...counter(
        'operations_skipped_total',
        'Writes not tried, since what they build on was refused.',
        new Counts(),
      ),
      read: () => tally.skipped,
    },
    counter(
      'operation_errors_total',
      'Writes that the kernel refused or did not answer.',
      tally.errors,
      'errno',
    ),
    counter(
      'drift_found_total',
      'Things of ours that others had changed or removed.',
      tally.driftFound,
      'kind',
    ),
    counter('drift_repaired_total', 'Drift that was put right.', tally.driftRepaired, 'kind'),
    counter('drains_ended_total', 'Servers whose drain ended.', tally.drainsEnded, 'reason'),
    counter('events_total', 'Events for the API server.', events, 'outcome'),
    {
      ...counter('traffic_read_failures_total', 'Scrapes without Service statistics.', new Counts()),
      read: () => tally.trafficFailures,
    },
  ];
}

function logMetric({ lostLogLines }: MetricSources): MetricRow {
  return {
    kind: 'counter',
    name: 'log_lines_lost_total',
    help: 'Lines of the log that could not be written: no space, or no reader.',
    labels: ['errno'],
    read: () => [...(lostLogLines?.() ?? [])].map(([errno, lines]): Sample => [{ errno }, lines]),
  };
}

type CountedOfWatch = {
  [Key in keyof ResourceStatistics]: ResourceStatistics[Key] extends number ? Key : never;
}[keyof ResourceStatistics];

function watchMetrics(resources: () => readonly ResourceStatistics[]): MetricRow[] {
  const row = (kind: MetricRow['kind'], name: string, help: string, key: CountedOfWatch): MetricRow => ({
    kind,
    name,
    help,
    labels: ['resource'],
    read: () => resources().map((one) => [{ resource: one.resource }, one[key]]),
  });
  return [
    row('gauge', 'watch_objects', 'Objects known.', 'objects'),
    row('counter', 'watch_events_total', 'Added, changed and deleted objects that a watch sent.', 'events'),
    row('counter', 'watch_bookmarks_total', 'Bookmarks, which say that a quiet watch is alive.', 'bookmarks'),
    row('counter', 'watch_lists_total', 'Complete lists taken over.', 'lists'),
    row('counter', 'watch_opened_total', 'Watches opened.', 'watches'),
    row('counter', 'watch_corrupt_lines_total', 'Lines and items that could not be read.', 'corruptLines'),
    row('counter', 'watch_untranslatable_objects_total', 'Objects that could not be used.', 'untranslatable'),
    {
      kind: 'counter',
      name: 'watch_restarts_total',
      help: 'Lists and watches that ended, and why; "ended" is the orderly end.',
      labels: ['resource', 'reason'],
      read: () => restarts(resources()),
    },
  ];
}

function* restarts(resources: readonly ResourceStatistics[]): Generator<Sample> {
  for (const { resource, restarts } of resources)
    for (const [reason, count] of Object.entries(restarts)) yield [{ resource, reason }, count];
}

function gauge(name: string, help: string, read: MetricRow['read'], ...labels: string[]): MetricRow {
  return { kind: 'gauge', name, help, labels, read };
}

function counter(name: string, help: string, counts: Counts, ...labels: string[]): MetricRow {
  return { kind: 'counter', name, help, labels, read: () => counts.samples() };
}

function byFamily({ families }: DataplaneCounts, key: keyof FamilyCounts): Sample[] {
  return [...families].map(([ip_family, counts]) => [{ ip_family }, counts[key]]);
}

function realServers({ families }: DataplaneCounts): Sample[] {
  return [...families].flatMap(([ip_family, { active, draining }]): Sample[] => [
    [{ ip_family, state: 'active' }, active],
    [{ ip_family, state: 'draining' }, draining],
  ]);
}

function byKind(problems: readonly Problem[]): Iterable<Sample> {
  const counts = new Map(KINDS.map((kind) => [kind, 0]));
  for (const { kind } of problems) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].map(([kind, count]) => [{ kind }, count]);
}

const KINDS: readonly Problem['kind'][] = ['source', 'object', 'conflict', 'kernel'];

/** What one scrape shows of the state: taken once, because counting the data plane walks over all of it. */
export interface Snapshot {
  readonly state: SyncState;
  readonly counts: DataplaneCounts;
}

/** How much of ours is in the kernel. */
export interface DataplaneCounts {
  readonly families: ReadonlyMap<Family, FamilyCounts>;
  readonly foreign: number;
}

interface FamilyCounts {
  vips: number;
  virtualServers: number;
  /** Real servers that take new connections, and those with weight 0, which do not. */
  active: number;
  draining: number;
}

/** In pieces, of which none takes long. */
export function* countDataplane({
  virtualServers,
  bound,
  foreign,
}: ObservedDataplane): Generator<void, DataplaneCounts> {
  const families = new Map<Family, FamilyCounts>(
    FAMILIES.map((family) => [family, { vips: 0, virtualServers: 0, active: 0, draining: 0 }]),
  );
  for (const address of bound) yield bump(families.get(familyOf(address)), 'vips');
  for (const { frontend, realServers } of virtualServers.values()) {
    const counts = families.get(familyOf(frontend.address));
    bump(counts, 'virtualServers');
    for (const { weight } of realServers) bump(counts, weight > 0 ? 'active' : 'draining');
    yield;
  }
  return { families, foreign: foreign.size };
}

function bump(counts: FamilyCounts | undefined, name: keyof FamilyCounts): void {
  if (counts !== undefined) counts[name]++;
}
