import type { Address } from './address.js';
import type { Protocol } from './protocol.js';
import type { ServiceKey } from './service-key.js';

/** A Service reduced to what a proxy needs, already checked: every field here is valid. */
export interface Service {
  readonly key: ServiceKey;
  /** At most one of each family. Headless and ExternalName Services and those of another proxy have no record at all. */
  readonly clusterIPs: readonly Address[];
  readonly ports: readonly ServicePort[];
  /** sessionAffinity ClientIP: its timeout in seconds (1–86400); 0 for None. */
  readonly affinityTimeout: number;
  /** Scheduler asked for by annotation; undefined for the node's default. */
  readonly scheduler?: string;
  /** creationTimestamp in milliseconds since 1970. Where two Services claim one VIP:port, the smaller wins. */
  readonly created: number;
}

export interface ServicePort {
  /** Empty where the Service has one port without a name. */
  readonly name: string;
  readonly protocol: Protocol;
  /** The port of the VIP, 1–65535. */
  readonly port: number;
}
