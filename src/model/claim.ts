import type { Address } from './address.js';
import { KEYS_IN_PIECE } from './clock.js';
import { compareAge, type Service, type ServicePort } from './service.js';
import type { ServiceKey } from './service-key.js';

/**
 * By which field a Service claims a frontend. cluster: one of its clusterIPs. node: a nodePort, on an address of the
 * node. balancer: an address of status.loadBalancer. external: one of spec.externalIPs.
 */
export type ClaimKind = 'cluster' | 'node' | 'balancer' | 'external';

/**
 * The API server gives a ClusterIP or a NodePort to one Service alone; an ingress address takes the right to write a
 * status; an external IP is whatever somebody wrote. What is better founded comes first, or an older Service could take
 * another's traffic by an edit.
 */
const RANKS: Readonly<Record<ClaimKind, number>> = { cluster: 0, node: 0, balancer: 1, external: 2 };

interface Claim {
  readonly kind: ClaimKind;
  readonly service: Pick<Service, 'created' | 'key'>;
}

/** The claim that comes first: by kind, and among claims of one kind by the age of their Services. */
export function compareClaims(a: Claim, b: Claim): number {
  return compareKinds(a.kind, b.kind) || compareAge(a.service, b.service);
}

/**
 * Negative where a claim of the first kind comes before one of the second, whatever their ages; 0 where age decides.
 */
export function compareKinds(a: ClaimKind, b: ClaimKind): number {
  return RANKS[a] - RANKS[b];
}

/**
 * The Services that have something of what they claim only if others do not: whoever is not among them may be worked
 * out before any other, since no other takes from it what it has. Ports of one address are not distinguished, so that a
 * Service that shares an address peacefully may be among them too. In pieces, of which none takes long.
 */
export function* contestedServices(services: readonly Service[]): Generator<void, Set<ServiceKey>> {
  const first = new Map<Address | string, Claim>();
  const claim: PlaceVisit = (place, service, kind) => {
    const other = first.get(place);
    const own = { kind, service };
    if (other === undefined || compareClaims(own, other) < 0) first.set(place, own);
    return true;
  };
  const isFirst: PlaceVisit = (place, { key }) => {
    const winner = first.get(place);
    return winner === undefined || winner.service.key === key;
  };
  for (let index = 0; index < services.length; index++) {
    everyPlace(services[index] as Service, claim);
    if (index % KEYS_IN_PIECE === 0) yield;
  }
  const contested = new Set<ServiceKey>();
  for (let index = 0; index < services.length; index++) {
    const service = services[index] as Service;
    if (!everyPlace(service, isFirst) || !everyWrittenPort(service, isFirst)) contested.add(service.key);
    if (index % KEYS_IN_PIECE === 0) yield;
  }
  return contested;
}

/** `place`: an address, or `30080/TCP`. */
type PlaceVisit = (place: Address | string, service: Service, kind: ClaimKind) => boolean;

/** Whether `visit` is true for every place that the Service claims; after the first that is not, none is visited. */
function everyPlace(service: Service, visit: PlaceVisit): boolean {
  const { clusterIPs, loadBalancerIPs, externalIPs, ports } = service;
  // By index, as all that runs for every Service of a first pass.
  for (let index = 0; index < clusterIPs.length; index++)
    if (!visit(clusterIPs[index] as Address, service, 'cluster')) return false;
  for (let index = 0; index < ports.length; index++) {
    const { nodePort, protocol } = ports[index] as ServicePort;
    if (nodePort !== 0 && !visit(`${nodePort}/${protocol}`, service, 'node')) return false;
  }
  if (!isWritten(service)) return true;
  return (
    loadBalancerIPs.every((address) => visit(address, service, 'balancer')) &&
    externalIPs.every((address) => visit(address, service, 'external'))
  );
}

// Its address may be the node's, and then another's NodePort is there too.
function everyWrittenPort(service: Service, visit: PlaceVisit): boolean {
  if (!isWritten(service)) return true;
  return service.ports.every(({ port, protocol }) => visit(`${port}/${protocol}`, service, 'node'));
}

function isWritten({ loadBalancerIPs, externalIPs }: Service): boolean {
  return loadBalancerIPs.length + externalIPs.length > 0;
}
