import { type Address, FAMILIES, type Family } from '../model/address.js';
import type { Cidr } from '../model/cidr.js';
import type { FrontendKey } from '../model/frontend.js';
import type { OtherNodes } from '../model/node.js';
import type { ReservedAddresses } from '../model/reserved-address.js';
import type { ServiceKey } from '../model/service-key.js';

/** What the choice of endpoints and schedulers needs to know of this node. */
export interface NodeSettings {
  /** This node's name as EndpointSlices spell it; undefined where there is no cluster. */
  readonly name: string | undefined;
  /** Its label topology.kubernetes.io/zone; undefined where it has none, and then no zone is preferred. */
  readonly zone: string | undefined;
  /** Scheduler of every Service that asks for none. */
  readonly scheduler: string;
}

/** All that is settled about this node before the first Service is known. */
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
  /**
   * TCP ports at which this program answers on the node's addresses: its health, and its metrics where they are not on
   * loopback.
   */
  readonly agentPorts: readonly number[];
}

/**
 * On which of the node's own addresses NodePorts are shown: CIDRs, and the words of KubeProxyConfiguration.
 * all: every address. primary: the one of each family that the Node object names first. localhost: none here, since
 * IPVS does not take packets of loopback addresses.
 */
export type NodePortRule = readonly string[];

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

/** This node at the moment at which a Service is worked out. */
export interface NodeView extends NodeProfile {
  /** The node's own addresses. */
  readonly addresses: readonly Address[];
  /** The addresses that the Node object names, in its order. */
  readonly named: readonly Address[];
  /** Those of its own addresses on which NodePorts are shown. */
  readonly portAddresses: readonly Address[];
  /** Addresses that belong to other Nodes; one that this node has as well counts as its own. */
  readonly others: OtherNodes;
  /** The addresses and ports on which processes of the node listen, as frontends; those on all addresses left out. */
  readonly listeners: ReadonlySet<FrontendKey>;
  /** Addresses that nodes need as they are. */
  readonly reserved: ReservedAddresses;
  /** The ranges of its own pods, as the Node object says. */
  readonly podRanges: readonly Cidr[];
  /** Where its kubelet answers; 0 where that is not known. */
  readonly kubeletPort: number;
  /** The firewall mark of an inside view. */
  markOf(view: FrontendKey): number;
  /** Whether the Service may have so many tables of the scheduler mh; see `HashTables`. */
  takeHashTables(service: ServiceKey, count: number): boolean;
  /** Which other Service has this ClusterIP or health check node port; see `Allocations`. */
  holderOf(allocation: Address | number, claimant: ServiceKey): ServiceKey | undefined;
}

/** Whether both have the same addresses, named and shown alike, and the same pods and kubelet; other Nodes aside. */
export function sameAddresses(a: NodeView, b: NodeView): boolean {
  return (
    sameList(a.addresses, b.addresses) &&
    sameList(a.named, b.named) &&
    sameList(a.portAddresses, b.portAddresses) &&
    sameList(textsOf(a.podRanges), textsOf(b.podRanges)) &&
    a.kubeletPort === b.kubeletPort
  );
}

function textsOf(ranges: readonly Cidr[]): string[] {
  return ranges.map(({ text }) => text);
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((entry, index) => entry === b[index]);
}

/**
 * The ports of this program's own servers. One on loopback alone keeps no port of the node's addresses from anybody.
 */
export function agentPortsOf(
  servers: readonly { readonly address: Address; readonly port: number }[],
): number[] {
  return servers.filter(({ address }) => !LOOPBACK.test(address)).map(({ port }) => port);
}

const LOOPBACK = /^(?:127\.|::1$)/;

/** What of the kernel decides what is wanted of this node. */
interface KernelAbilities {
  readonly ipv6: 'off' | 'not forwarding' | 'forwarding';
  readonly ipvs: {
    readonly families: readonly Family[];
    /** Undefined: could not be tried. */
    readonly schedulers: readonly string[] | undefined;
  };
}

/** Both send one client to one server, and mh moves fewer clients when servers come and go. */
const STICKY_SCHEDULERS = ['mh', 'sh'] as const;

/** The families and the sticky schedulers that this kernel allows. */
export function kernelLimits({
  ipv6,
  ipvs,
}: KernelAbilities): Pick<NodeProfile, 'families' | 'stickyScheduler' | 'smallStickyScheduler'> {
  const has = (scheduler: string) => ipvs.schedulers?.includes(scheduler) === true;
  return {
    // Of IPv6 that is switched off no address can be bound, so that nothing of it could ever be programmed.
    families: ipvs.families.filter((family) => family === 'IPv4' || ipv6 !== 'off'),
    stickyScheduler: STICKY_SCHEDULERS.find(has),
    smallStickyScheduler: has('sh') ? 'sh' : undefined,
  };
}
