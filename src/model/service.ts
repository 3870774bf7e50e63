import type { Address, Family } from './address.js';
import type { Cidr } from './cidr.js';
import type { Protocol } from './protocol.js';
import type { SchedulerFlag } from './scheduler.js';
import type { ServiceKey } from './service-key.js';
import type { WeightRule } from './weight-rule.js';

/** A Service reduced to what a proxy needs, already checked: every field here is valid. */
export interface Service {
  readonly key: ServiceKey;
  /**
   * At most one of each family. Headless and ExternalName Services and those of another proxy have no record at all.
   */
  readonly clusterIPs: readonly Address[];
  /** spec.externalIPs without those that are in one of the two other lists: an address stands in one list, once. */
  readonly externalIPs: readonly Address[];
  /**
   * status.loadBalancer.ingress[].ip with ipMode VIP or without one (KEP-1860); those with Proxy are not for a node.
   */
  readonly loadBalancerIPs: readonly Address[];
  readonly ports: readonly ServicePort[];
  /**
   * For clients that come through a clusterIP. Local: only endpoints of their node, and none where it has none
   * (KEP-2086).
   */
  readonly internalPolicy: TrafficPolicy;
  /**
   * For clients outside the cluster that come through any other address. Local: only endpoints of the node, so that no
   * masquerading is needed. It says Local only where the Service can have such clients.
   */
  readonly externalPolicy: TrafficPolicy;
  /**
   * Where load balancers ask whether this node has local endpoints; 0 unless of type LoadBalancer with externalPolicy
   * Local.
   */
  readonly healthCheckNodePort: number;
  /**
   * loadBalancerSourceRanges that could be read. Ask `allowedSources`, not this list: an empty one may mean two things.
   */
  readonly sourceRanges: readonly Cidr[];
  /** Whether loadBalancerSourceRanges says something that could not be read. */
  readonly hasUnreadRanges: boolean;
  /** sessionAffinity ClientIP: its timeout in seconds (1–86400); 0 for None. */
  readonly affinityTimeout: number;
  /** Scheduler asked for by annotation; undefined for the node's default. */
  readonly scheduler?: string;
  /** By annotation. Those of a scheduler that the Service does not get have no effect. */
  readonly schedulerFlags: readonly SchedulerFlag[];
  /** By annotation; the first that fits an endpoint decides. Empty: all endpoints count the same. */
  readonly weights: readonly WeightRule[];
  /** By annotation: seconds (0–86400) in which the weight of a new endpoint grows to its own; 0 for at once. */
  readonly slowStart: number;
  /**
   * By annotation: seconds (0–86400) for which a removed endpoint keeps its connections; undefined for the node's
   * default.
   */
  readonly drainDeadline?: number;
  /** By annotation: a process of the node that listens on a ClusterIP and port has the traffic, while it listens. */
  readonly prefersNodeLocal?: boolean;
  /**
   * creationTimestamp in milliseconds since 1970. Where two Services claim one VIP:port by fields of one kind, the
   * smaller wins.
   */
  readonly created: number;
}

/** How fast endpoints of a Service come and go, where it asks for something of its own. */
export type Pace = Pick<Service, 'slowStart' | 'drainDeadline'>;

/** Undefined where the Service leaves both to the node. */
export function paceOf({ slowStart, drainDeadline }: Service): Pace | undefined {
  if (drainDeadline !== undefined) return { slowStart, drainDeadline };
  return slowStart > 0 ? { slowStart } : undefined;
}

export type TrafficPolicy = 'Cluster' | 'Local';

export interface ServicePort {
  /** Empty where the Service has one port without a name. */
  readonly name: string;
  readonly protocol: Protocol;
  /** The port of the VIP, 1–65535. */
  readonly port: number;
  /** The port on addresses of the node, 1–65535; 0 for none. */
  readonly nodePort: number;
}

/** Whether clients outside the cluster can have a way in. */
export function isExternal({ externalIPs, loadBalancerIPs, ports }: Service): boolean {
  return externalIPs.length > 0 || loadBalancerIPs.length > 0 || ports.some(hasNodePort);
}

export function hasNodePort({ nodePort }: ServicePort): boolean {
  return nodePort !== 0;
}

/**
 * The clients that may use the load balancer's addresses of one family: undefined for everyone, an empty list for
 * nobody.
 *
 * A list of ranges speaks of its own family only, as in kube-proxy: with nothing but IPv4 ranges, IPv6 clients are not
 * restricted, and closing that would cut off clients that the cluster serves today. But a range that nobody can read
 * may have been of either family, so a family that is left without a range because of it is closed, never opened.
 */
export function allowedSources(
  { sourceRanges, hasUnreadRanges }: Service,
  family: Family,
): readonly Cidr[] | undefined {
  const own = sourceRanges.filter((range) => range.family === family);
  return own.length > 0 || hasUnreadRanges ? own : undefined;
}

/**
 * The older first, by creation time and then by name: the order in which Services may have what several claim alike.
 */
export function compareAge(a: Pick<Service, 'created' | 'key'>, b: Pick<Service, 'created' | 'key'>): number {
  return a.created - b.created || compareText(a.key, b.key);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** What load balancers ask of this node about a Service with externalTrafficPolicy Local. */
export interface HealthCheckService {
  /** spec.healthCheckNodePort, 1–65535. */
  readonly port: number;
  /** Different ready endpoints on this node, over all its ports. */
  readonly localEndpoints: number;
  /** Milliseconds since 1970: where two Services claim one port, the older has it. */
  readonly created: number;
}

/** Services whose traffic policy is Local and whose endpoints are all on other nodes. */
export interface LocalGap {
  readonly family: Family;
  readonly policy: 'internal' | 'external';
  readonly services: number;
}
