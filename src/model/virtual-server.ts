import type { Frontend } from './frontend.js';
import type { RealServers } from './real-server.js';
import { NO_SCHEDULER } from './scheduler.js';

/**
 * What is written to the kernel of one virtual server, apart from its real servers: one object, one comparison, one
 * write.
 */
export interface VirtualServerSettings {
  /** The kernel's name, at most 15 characters (IP_VS_SCHEDNAME_MAXLEN): `rr`, `wrr`, `lc`, `mh` … */
  readonly scheduler: string;
  readonly schedulerFlags: SchedulerFlags;
  /** Seconds for which one client address stays with one real server; 0 means no affinity. */
  readonly persistenceTimeout: number;
}

/**
 * Of the schedulers mh and sh. port: the client's port counts too, so that one client is spread over all servers.
 * fallback: a client whose server has weight 0 gets another one, instead of none.
 */
export type SchedulerFlags = '' | 'port' | 'fallback' | 'fallback,port';

/** A virtual server with its real servers, desired or observed: both sides of every comparison have this type. */
export interface VirtualServer {
  readonly frontend: Frontend;
  readonly settings: VirtualServerSettings;
  readonly realServers: RealServers;
  /** Seen without the tag by which virtual servers of ours are known; absent on all that we make. */
  readonly untagged?: true | undefined;
}

export function sameSettings(a: VirtualServerSettings, b: VirtualServerSettings): boolean {
  return (
    a.scheduler === b.scheduler &&
    a.persistenceTimeout === b.persistenceTimeout &&
    a.schedulerFlags === b.schedulerFlags
  );
}

/** Whether a new connection would find a server. */
export function takesConnections({ settings, realServers }: VirtualServer): boolean {
  if (settings.scheduler === NO_SCHEDULER) return false;
  const { even } = realServers;
  // Gone through, they would be sorted for it.
  if (even !== undefined) return even.weight > 0 && even.addresses.length > 0;
  for (const { weight } of realServers) if (weight > 0) return true;
  return false;
}

/** Equality of everything that is programmed. Servers of `b` that are not read yet share those of `a` afterwards. */
export function sameServer(a: VirtualServer, b: VirtualServer): boolean {
  return (
    a.untagged === b.untagged && sameSettings(a.settings, b.settings) && b.realServers.areThese(a.realServers)
  );
}
