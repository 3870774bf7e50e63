import { type Address, familyOf } from '../model/address.js';
import type { ClaimKind } from '../model/claim.js';
import type { Problem } from '../model/problem.js';
import type { Protocol } from '../model/protocol.js';
import { hasNodePort, isExternal, type Service, type ServicePort } from '../model/service.js';
import type { ServiceKey } from '../model/service-key.js';
import { type AddressRemark, type AddressVerdict, judgeAddress, nodesOwnPort } from './address-policy.js';
import type { NodeView } from './node-view.js';

/** An address by which a Service is reached. */
export interface Way {
  readonly kind: ClaimKind;
  readonly address: Address;
  /** Only endpoints on this node serve it, by the traffic policy for this way. */
  readonly isLocalOnly: boolean;
  readonly verdict: AddressVerdict;
}

/**
 * Every way to a Service by an address of a family that this node has, none twice; in the order in which its claims
 * count. Refused ones are among them.
 */
export function waysOf(service: Service, node: NodeView): Way[] {
  const { clusterIPs, externalIPs, loadBalancerIPs, ports, internalPolicy, externalPolicy } = service;
  const inside = internalPolicy === 'Local';
  const outside = externalPolicy === 'Local';
  const ways: Way[] = [];
  addWays(ways, 'cluster', clusterIPs, inside, service, node);
  // Nearly all Services have nothing else.
  if (!isExternal(service)) return ways;
  if (ports.some(hasNodePort)) addWays(ways, 'node', node.portAddresses, outside, service, node);
  addWays(ways, 'balancer', loadBalancerIPs, outside, service, node);
  addWays(ways, 'external', externalIPs, outside, service, node);
  return ways;
}

function addWays(
  ways: Way[],
  kind: ClaimKind,
  addresses: readonly Address[],
  isLocalOnly: boolean,
  service: Service,
  node: NodeView,
): void {
  for (let index = 0; index < addresses.length; index++) {
    const address = addresses[index] as Address;
    if (node.families.includes(familyOf(address)))
      ways.push({ kind, address, isLocalOnly, verdict: verdictOn(kind, address, service, node) });
  }
}

function verdictOn(kind: ClaimKind, address: Address, service: Service, node: NodeView): AddressVerdict {
  if (kind === 'node') return OWN;
  const verdict = judgeAddress(kind, address, service.key, node);
  // Whoever listens on a ClusterIP may have given it to a device of its own: it stays ours, with all of its ports.
  return kind === 'cluster' && service.prefersNodeLocal && verdict.use === 'shared' ? BOUND : verdict;
}

const BOUND: AddressVerdict = { use: 'bound', remark: undefined };

const OWN: AddressVerdict = { use: 'shared', remark: undefined };

/** The problems with a Service's addresses: one for all addresses of a field that have the same. */
export function addressProblems(service: Service, ways: readonly Way[]): Problem[] {
  const remarks = new Map<string, { readonly remark: AddressRemark; readonly ways: Way[] }>();
  for (const way of ways) {
    const { remark } = way.verdict;
    if (remark === undefined) continue;
    const text = `${way.kind} ${remark.sentence}`;
    const alike = remarks.get(text);
    if (alike === undefined) remarks.set(text, { remark, ways: [way] });
    else alike.ways.push(way);
  }
  return [...remarks.values()].map(({ remark, ways: alike }) => addressProblem(service, remark, alike));
}

function addressProblem({ key }: Service, remark: AddressRemark, ways: readonly Way[]): Problem {
  const { kind, sentence, remedy, everywhere } = remark;
  return {
    kind,
    subject: `Service ${key}`,
    service: key,
    field: fieldOf(ways[0]?.kind),
    ...(everywhere && { everywhere }),
    message: `${namesOf(ways)}${sentence}`,
    remedy,
  };
}

function fieldOf(kind: Way['kind'] | undefined): string {
  return kind === 'balancer' ? 'status.loadBalancer' : `spec.${kind}IPs`;
}

const MOST_NAMES = 3;

function namesOf(ways: readonly Way[]): string {
  const [first] = ways;
  if (first !== undefined && ways.length === 1) return `${first.address} `;
  const named = ways.slice(0, MOST_NAMES).map(({ address }) => address);
  const more = ways.length > MOST_NAMES ? ` and ${ways.length - MOST_NAMES} more` : '';
  return `${named.join(', ')}${more}: each `;
}

/**
 * A port at which something of the node itself answers, at an address that is the node's too. NodePorts are among them:
 * the API server's
 * --service-node-port-range may have been widened past the kubelet's port and its own, and whoever took one of these from every node
 * would keep the news from it that the Service is gone.
 */
export function takenPort(
  { key, ports }: Service,
  index: number,
  { kind, address, verdict }: Way,
  node: NodeView,
): Problem | undefined {
  if (verdict.use !== 'shared') return undefined;
  const { port, nodePort, protocol } = ports[index] as ServicePort;
  const [number, field] = kind === 'node' ? [nodePort, 'nodePort'] : [port, 'port'];
  const holder =
    nodesOwnPort(address, number, protocol, node) ?? healthCheckAt(kind, number, protocol, key, node);
  if (holder === undefined) return undefined;
  return {
    kind: 'conflict',
    subject: `Service ${key}`,
    service: key,
    field: `spec.ports[${index}].${field}`,
    message: `${number} at ${address}, an address of this node itself, is where ${holder} answers, so it is not served there.`,
    remedy: 'Give the Service another port, or an address that no node has.',
  };
}

// A health check node port comes from the same range as NodePorts, of which the API server gives none twice.
function healthCheckAt(
  kind: ClaimKind,
  port: number,
  protocol: Protocol,
  service: ServiceKey,
  node: NodeView,
): string | undefined {
  if (kind === 'node' || protocol !== 'TCP') return undefined;
  const owner = node.holderOf(port, service);
  return owner === undefined ? undefined : `the health check of Service ${owner}`;
}
