import { columns } from '../../src/cli/columns.js';
import type { RealServerStatus, VirtualServerStatus } from '../../src/model/status-report.js';

const HEADINGS = [
  ['SERVICE', 'VIP:PORT', 'SCHEDULER', 'AFFINITY', 'STATE'],
  ['  -> REAL SERVER', 'WEIGHT', 'ACTIVE', 'INACTIVE', ''],
];

/** Virtual servers with their real servers below them. */
export function serverTable(servers: readonly VirtualServerStatus[]): string[] {
  return columns([...HEADINGS, ...servers.flatMap(serverRows)]);
}

function serverRows(server: VirtualServerStatus): string[][] {
  const affinity = server.persistenceTimeout === 0 ? 'none' : `${server.persistenceTimeout}s`;
  const name = server.service ?? '(not ours)';
  return [
    [name, server.frontend, server.scheduler, affinity, server.state],
    ...server.realServers.map(realServerRow),
  ];
}

function realServerRow({ key, weight, active, inactive, drainSecondsLeft }: RealServerStatus): string[] {
  const why = drainSecondsLeft === undefined ? '' : `drains ${drainSecondsLeft}s`;
  return [`  -> ${key}`, String(weight), String(active), String(inactive), why];
}
