import { hashesServers, takesFlags, weightedKin } from '../model/scheduler.js';
import { isExternal, type Service } from '../model/service.js';
import { type SchedulerFlags, sameSettings, type VirtualServerSettings } from '../model/virtual-server.js';
import type { NodeProfile, NodeSettings } from './node-view.js';

/**
 * What a Service asks of its virtual servers. IPVS remembers its clients for each virtual server: where a Service has
 * several ways in, a hash of the client's address makes all of them begin with the same pod, and what is remembered
 * then keeps the client there when endpoints come and go.
 */
export function settingsOf(service: Service, node: NodeProfile): VirtualServerSettings {
  const sticky = service.scheduler === undefined && sticksToOne(service) ? node.stickyScheduler : undefined;
  const scheduler = sticky ?? schedulerOf(service, node);
  return shared({
    scheduler,
    schedulerFlags: flagsOf(scheduler, wantsPort(scheduler, service, node)),
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
 * with the virtual server's, and a mark has none). A hash of the client's address does what it can, without its port,
 * which would lead each connection elsewhere.
 */
export function insideSettings(
  settings: VirtualServerSettings,
  { stickyScheduler }: NodeProfile,
): VirtualServerSettings {
  if (settings.persistenceTimeout === 0) return settings;
  const hashes = hashesServers(settings.scheduler) || stickyScheduler === undefined;
  const scheduler = hashes ? settings.scheduler : stickyScheduler;
  return { scheduler, schedulerFlags: flagsOf(scheduler, false), persistenceTimeout: 0 };
}

/**
 * kube-proxy sets `mh-port` where `mh` is the node's scheduler. A Service that chooses one, or that needs one client to
 * reach one server whatever way it comes, has said otherwise.
 */
function wantsPort(scheduler: string, service: Service, node: NodeProfile): boolean {
  const { schedulerFlags: asked, scheduler: chosen } = service;
  if (asked.length > 0 || chosen !== undefined) return asked.some((flag) => flag === `${scheduler}-port`);
  return scheduler === 'mh' && node.scheduler === 'mh' && !sticksToOne(service);
}

function sticksToOne(service: Service): boolean {
  return service.affinityTimeout > 0 && isExternal(service);
}

/**
 * A draining server keeps its place in the tables of `mh` and `sh`. Without `fallback` the kernel refuses every new
 * client whose hash leads there (ip_vs_mh_get, ip_vs_sh_get).
 */
function flagsOf(scheduler: string, port: boolean): SchedulerFlags {
  if (!takesFlags(scheduler)) return '';
  return port ? 'fallback,port' : 'fallback';
}

/**
 * The scheduler that a Service gets. One that asks for weights and leaves the scheduler open gets the node's default in
 * its weighted kind, since the default would ignore them.
 */
export function schedulerOf(
  { scheduler, weights, slowStart }: Pick<Service, 'scheduler' | 'weights' | 'slowStart'>,
  node: NodeSettings,
): string {
  if (scheduler !== undefined) return scheduler;
  return weights.length > 0 || slowStart > 0 ? weightedKin(node.scheduler) : node.scheduler;
}
