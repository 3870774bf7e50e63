import { hashesServers, type SchedulerFlag } from '../model/scheduler.js';
import { isExternal, type Service } from '../model/service.js';
import { type SchedulerFlags, sameSettings, type VirtualServerSettings } from '../model/virtual-server.js';
import type { NodeProfile } from './node-settings.js';
import { schedulerOf } from './scheduler-choice.js';

/**
 * What a Service asks of its virtual servers. IPVS remembers its clients for each virtual server: where a Service has
 * several ways in, a hash of the client's address makes all of them begin with the same pod, and what is remembered then
 * keeps the client there when endpoints come and go.
 */
export function settingsOf(service: Service, node: NodeProfile): VirtualServerSettings {
  const sticks = service.affinityTimeout > 0 && isExternal(service);
  const sticky = service.scheduler === undefined && sticks ? node.stickyScheduler : undefined;
  const scheduler = sticky ?? schedulerOf(service, node);
  return shared({
    scheduler,
    schedulerFlags: flagsFor(scheduler, service.schedulerFlags),
    persistenceTimeout: service.affinityTimeout,
  });
}

let latest: VirtualServerSettings | undefined;

// Nearly all Services of a cluster ask for the same.
function shared(settings: VirtualServerSettings): VirtualServerSettings {
  if (latest === undefined || !sameSettings(latest, settings)) latest = settings;
  return latest;
}

/**
 * Persistence cannot go with a firewall mark: the kernel would not translate the port (ip_vs_sched_persist compares it
 * with the virtual server's, and a mark has none). A hash of the client's address does what it can.
 */
export function insideSettings(
  settings: VirtualServerSettings,
  { stickyScheduler }: NodeProfile,
): VirtualServerSettings {
  if (settings.persistenceTimeout === 0) return settings;
  const hashes = hashesServers(settings.scheduler) || stickyScheduler === undefined;
  const plain = { ...settings, persistenceTimeout: 0 };
  return hashes ? plain : { ...plain, scheduler: stickyScheduler, schedulerFlags: '' };
}

function flagsFor(scheduler: string, flags: readonly SchedulerFlag[]): SchedulerFlags {
  if (flags.length === 0) return '';
  const fallback = flags.some((flag) => flag === `${scheduler}-fallback`);
  const port = flags.some((flag) => flag === `${scheduler}-port`);
  if (fallback) return port ? 'fallback,port' : 'fallback';
  return port ? 'port' : '';
}
