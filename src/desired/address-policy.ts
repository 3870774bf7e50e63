import { type Address, familyOf } from '../model/address.js';
import { type Cidr, cidrContains } from '../model/cidr.js';
import type { ClaimKind } from '../model/claim.js';
import type { Protocol } from '../model/protocol.js';
import type { ReservedUse } from '../model/reserved-address.js';
import { API_SERVER_SERVICE, type ServiceKey } from '../model/service-key.js';
import type { NodeView } from './node-view.js';

/** By which field a Service claims an address of its own: spec.clusterIPs, status.loadBalancer or spec.externalIPs. */
type AddressField = Exclude<ClaimKind, 'node'>;

/**
 * bound: it becomes an address of the node, where nothing but the Service answers. shared: it is the node's own, so
 * that it is neither bound nor guarded. refused: nothing of the Service is served at it on this node.
 */
export interface AddressVerdict {
  readonly use: 'bound' | 'shared' | 'refused';
  /** The problem that its Service gets; undefined where there is none. */
  readonly remark: AddressRemark | undefined;
}

export interface AddressRemark {
  /** conflict: another owner has the address. object: it is none that the field may hold. */
  readonly kind: 'conflict' | 'object';
  /** The sentence that begins with the address. */
  readonly sentence: string;
  readonly remedy: string;
  /** Every node says the same. */
  readonly everywhere: boolean;
}

const BOUND: AddressVerdict = { use: 'bound', remark: undefined };

/**
 * Whether a Service may have an address on this node. Whoever may create a Service can write spec.externalIPs, and on
 * many a cluster spec.clusterIP; status.loadBalancer is the load balancer's controller's, but what it writes is often
 * asked for.
 */
export function judgeAddress(
  kind: AddressField,
  address: Address,
  service: ServiceKey,
  node: NodeView,
): AddressVerdict {
  const unusable = unusableKind(address, kind);
  if (unusable !== undefined)
    return refused('object', `is ${unusable}, where nothing can be served.`, ROUTABLE);
  if (kind === 'external' && !node.limits.externalIPs) return EXTERNAL_OFF;
  const owner = kind === 'cluster' ? undefined : node.holderOf(address, service);
  if (owner !== undefined) return othersClusterIP(owner);
  if (node.addresses.includes(address)) return ownAddress(kind, node);
  const holder = node.others.get(address);
  if (holder !== undefined) return otherNodes(holder, kind, node);
  return reservation(kind, address, service, node) ?? outsideLimits(kind, address, node) ?? BOUND;
}

/**
 * What of the node itself answers at a port of its own addresses, so that no Service gets it there; undefined: nothing
 * known.
 */
export function nodesOwnPort(
  address: Address,
  port: number,
  protocol: Protocol,
  node: NodeView,
): string | undefined {
  if (protocol !== 'TCP') return undefined;
  if (port === node.kubeletPort) return 'the kubelet';
  if (node.agentPorts.includes(port)) return 'this proxy';
  const reserved = node.reserved.get(address);
  return reserved !== undefined && reserved.port === port ? USES[reserved.use] : undefined;
}

// Special addresses that the API server lets through; loopback, link-local and multicast are refused when the object is
// read.
// 240.0.0.0/4 serves as a range of pods and ClusterIPs in some clouds, but is routed to no node from outside.
const UNUSABLE: readonly {
  readonly what: string;
  readonly pattern: RegExp;
  readonly mayBeClusterIP?: true;
}[] = [
  { what: 'an address of 0.0.0.0/8 (RFC 791)', pattern: /^0\./ },
  { what: 'an address of 240.0.0.0/4 (RFC 1112)', pattern: /^2(?:4\d|5[0-5])\./, mayBeClusterIP: true },
  { what: 'an address of ::/96 (RFC 4291)', pattern: /^::(?:[\da-f]{1,4}(?::[\da-f]{1,4})?)?$/ },
  { what: 'an address of 100::/64 (RFC 6666)', pattern: /^100::(?:[\da-f]{1,4}(?::[\da-f]{1,4}){0,3})?$/ },
];

// Whether the address may be unusable: one look at the text is enough for all but a few.
function isSuspicious(address: Address): boolean {
  const first = address.charCodeAt(0);
  return first === ZERO || first === TWO || first === COLON || (first === ONE && address.startsWith('100::'));
}

const ZERO = 0x30;
const ONE = 0x31;
const TWO = 0x32;
const COLON = 0x3a;

/** What is wrong with it; undefined where nothing is. */
export function unusableKind(address: Address, kind: AddressField): string | undefined {
  return isSuspicious(address) ? kindOfUnusable(address, kind) : undefined;
}

// Apart, since a function whose variables are used in one inside it needs memory whenever it is called.
function kindOfUnusable(address: Address, kind: AddressField): string | undefined {
  const found = UNUSABLE.find(({ pattern }) => pattern.test(address));
  return found === undefined || (kind === 'cluster' && found.mayBeClusterIP) ? undefined : found.what;
}

const ROUTABLE = 'Give the Service an address that packets can be routed to.';
const FREE = 'Give the Service an address that no node has.';

const SHARED: AddressVerdict = {
  use: 'shared',
  remark: {
    kind: 'conflict',
    sentence:
      "is an address of this node itself, so it is served but neither bound nor guarded: other ports of it stay the node's own.",
    remedy: FREE,
    everywhere: false,
  },
};

const EXTERNAL_OFF = refused(
  'object',
  'is not served, since externalIPs are switched off by the feature gate AllowServiceExternalIPs.',
  'Use a load balancer or a NodePort.',
);

// A client of a Service's ClusterIP must not reach another Service at a port that the first does not have.
function othersClusterIP(owner: ServiceKey): AddressVerdict {
  return refused(
    'conflict',
    `is the ClusterIP of Service ${owner}, whose ports are all its own, so it is not served.`,
    'Give the Service an address that no other Service has.',
  );
}

const NODE_PORTS = 'Use a NodePort, or an address that no node has; externalIPs.nodeAddresses allows it.';

function ownAddress(kind: AddressField, { limits }: NodeView): AddressVerdict {
  if (kind !== 'external' || limits.externalIPsOnNodes) return SHARED;
  return refused(
    'conflict',
    'is an address of a node, whose ports are not for externalIPs to take, so it is not served.',
    NODE_PORTS,
  );
}

function otherNodes(holder: string, kind: AddressField, { limits }: NodeView): AddressVerdict {
  if (kind !== 'external' || limits.externalIPsOnNodes)
    return refused(
      'conflict',
      `is an address of Node ${holder}, so only that Node serves it: bound on others, it would cut them off from that Node.`,
      FREE,
    );
  return refused(
    'conflict',
    `is an address of Node ${holder}, whose ports are not for externalIPs to take, so it is not served.`,
    NODE_PORTS,
  );
}

const USES: Readonly<Record<ReservedUse, string>> = {
  'api-server': 'the API server',
  proxy: 'the proxy before the API server',
  gateway: 'a default gateway',
  network: 'the first address of a subnet',
  broadcast: 'the broadcast address of a subnet',
  resolver: 'a DNS resolver',
};

function reservation(
  kind: AddressField,
  address: Address,
  service: ServiceKey,
  { reserved }: NodeView,
): AddressVerdict | undefined {
  const use = reserved.get(address)?.use;
  if (use === undefined) return undefined;
  // The cluster's own DNS and the API server's own Service have ClusterIPs, and pods on the host network may use them.
  if (kind === 'cluster' && (use === 'resolver' || service === API_SERVER_SERVICE)) return undefined;
  return refused(
    'conflict',
    `is ${USES[use]}, which nodes need themselves: served here, it would cut them off.`,
    "Give the Service an address that is nobody else's.",
  );
}

function outsideLimits(kind: AddressField, address: Address, node: NodeView): AddressVerdict | undefined {
  if (kind === 'cluster') return undefined;
  const { limits } = node;
  if (isIn(limits.podRanges, address) || isIn(node.podRanges, address))
    return refused(
      'object',
      "is an address of the pods' range, so it is not served.",
      'Use an address outside.',
    );
  const [ranges, field] =
    kind === 'external'
      ? [limits.externalRanges, 'externalIPs.allowedCIDRs']
      : [limits.ingressRanges, 'loadBalancerIngress.allowedCIDRs'];
  if (ranges.length === 0 || isIn(ranges, address)) return undefined;
  return refused('object', 'is in no range that is allowed here, so it is not served.', `See ${field}.`);
}

function isIn(ranges: readonly Cidr[], address: Address): boolean {
  return ranges.some((range) => range.family === familyOf(address) && cidrContains(range, address));
}

function refused(kind: AddressRemark['kind'], sentence: string, remedy: string): AddressVerdict {
  return { use: 'refused', remark: { kind, sentence, remedy, everywhere: true } };
}
