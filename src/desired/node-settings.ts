import { FAMILIES, type Family } from '../model/address.js';
import type { Cidr } from '../model/cidr.js';
import type { NodePortRule } from './node-port-addresses.js';

/** What the choice of endpoints and schedulers needs to know of this node. */
export interface NodeSettings {
  /** This node's name as EndpointSlices spell it; undefined where there is no cluster. */
  readonly name: string | undefined;
  /** Its label topology.kubernetes.io/zone; undefined where it has none, and then no zone is preferred. */
  readonly zone: string | undefined;
  /** Scheduler of every Service that asks for none. */
  readonly scheduler: string;
}

/** All that is settled about this node before the first Service is heard of. */
export interface NodeProfile extends NodeSettings {
  /** Those that this node can have addresses of; what a Service has of another is not for this node. */
  readonly families: readonly Family[];
  /** Scheduler that sends one client to one server whatever way it comes; undefined where the kernel has none. */
  readonly stickyScheduler: string | undefined;
  /** The same with a smaller table in the kernel, for Services with many virtual servers. */
  readonly smallStickyScheduler?: string | undefined;
  /** On which of the node's addresses NodePorts are shown. */
  readonly nodePorts: NodePortRule;
  readonly limits: AddressLimits;
  /** So many frontends one Service may have. */
  readonly maxFrontends: number;
  /** TCP ports at which this program answers on the node's addresses: its health, and its metrics where they are not on loopback. */
  readonly agentPorts: readonly number[];
}

/** Which addresses Services may have beside their ClusterIPs, as far as the operator decides it. */
export interface AddressLimits {
  /** Whether spec.externalIPs are served at all (KEP-5707). */
  readonly externalIPs: boolean;
  /** Whether they may be addresses of nodes. */
  readonly externalIPsOnNodes: boolean;
  /** In one of them they have to be; empty: anywhere. */
  readonly externalRanges: readonly Cidr[];
  /** The same of status.loadBalancer. */
  readonly ingressRanges: readonly Cidr[];
  /** The pods' ranges, in which neither may be. */
  readonly podRanges: readonly Cidr[];
}

export const NO_LIMITS: AddressLimits = {
  externalIPs: true,
  externalIPsOnNodes: false,
  externalRanges: [],
  ingressRanges: [],
  podRanges: [],
};

/** A node outside any cluster. */
export const LONE_NODE: NodeProfile = {
  name: undefined,
  zone: undefined,
  scheduler: 'rr',
  families: FAMILIES,
  stickyScheduler: undefined,
  nodePorts: [],
  limits: NO_LIMITS,
  maxFrontends: 5_000,
  agentPorts: [],
};
