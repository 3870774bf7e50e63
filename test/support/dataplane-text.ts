import { type Dataplane, TRAFFIC_SETS } from '../../src/model/dataplane.js';
import type { VirtualServer } from '../../src/model/virtual-server.js';

/**
 * A data plane as text, much as ipvsadm -Ln shows it, sorted: equal planes have equal text, and a difference reads
 * well.
 */
export function dataplaneText({ virtualServers, bound, policy }: Dataplane): string {
  return [
    ...sorted(virtualServers.keys()).flatMap((key) => serverLines(virtualServers.get(key))),
    ...sorted(bound).map((address) => `bound ${address}`),
    ...sorted(policy.guarded).map((address) => `guarded ${address}`),
    ...sorted(policy.open.keys()).map((key) => `open ${key}`),
    ...sorted(policy.owned.keys()).map((key) => `owned ${key} by ${policy.owned.get(key)?.owner}`),
    ...TRAFFIC_SETS.flatMap((set) => sorted(policy.traffic[set].keys()).map((key) => `${set} ${key}`)),
    ...sorted(policy.sources.keys()).flatMap((key) =>
      sorted(policy.sources.get(key)?.cidrs.keys() ?? []).map((cidr) => `${key} from ${cidr}`),
    ),
  ].join('\n');
}

/** `10.96.0.10:80/TCP rr persistent 60`, and one line for each real server. */
export function serverLines(server: VirtualServer | undefined): string[] {
  if (server === undefined) return [];
  const { scheduler, schedulerFlags, persistenceTimeout } = server.settings;
  const flags = schedulerFlags === '' ? '' : ` (${schedulerFlags})`;
  const persistence = persistenceTimeout > 0 ? ` persistent ${persistenceTimeout}` : '';
  const servers = [...server.realServers].map(({ key, weight }) => `  -> ${key} weight ${weight}`);
  return [`${server.frontend.key} ${scheduler}${flags}${persistence}`, ...sorted(servers)];
}

function sorted<T extends string>(texts: Iterable<T>): T[] {
  return [...texts].sort();
}
