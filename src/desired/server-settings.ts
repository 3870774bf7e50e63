import { hashesServers } from '../model/scheduler.js';
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
    schedulerFlags: flagsFor(scheduler, sticky === undefined && spreadsClients(scheduler, service, node)),
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
  const scheduler = hashes ? settings.scheduler : stickyScheduler;
  return { ...plain, scheduler, schedulerFlags: flagsFor(scheduler, false) };
}

/**
 * Whether the client's port belongs to what is hashed, so that the connections of one client spread: as the Service says,
 * or, as in kube-proxy, where `mh` is the node's default.
 */
function spreadsClients(scheduler: string, service: Service, node: NodeProfile): boolean {
  if (service.scheduler === undefined && scheduler === 'mh' && node.scheduler === 'mh') return true;
  return service.schedulerFlags.some((flag) => flag === `${scheduler}-port`);
}

/**
 * Both hashing schedulers that know flags always have fallback. Without it a client whose hash leads to a server of weight 0
 * is refused for as long as that server drains (net/netfilter/ipvs/ip_vs_mh.c, ip_vs_sh.c; kubernetes/kubernetes#139497).
 */
function flagsFor(scheduler: string, port: boolean): SchedulerFlags {
  if (scheduler !== 'mh' && scheduler !== 'sh') return '';
  return port ? 'fallback,port' : 'fallback';
}
