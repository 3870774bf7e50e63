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
  const first = new Map<Place, Claim>();
  const contested = new Set<ServiceKey>();
  const visit: PlaceVisit = (place, service, kind) => {
    const claim = { kind, service };
    const known = first.get(place);
    const isBetter = known === undefined || compareClaims(claim, known) < 0;
    if (isBetter) first.set(place, claim);
    const loser = isBetter ? known?.service : service;
    const winner = isBetter ? service : known.service;
    if (loser !== undefined && loser.key !== winner.key) contested.add(loser.key);
  };
  const written: Service[] = [];
  for (let index = 0; index < services.length; index++) {
    const service = services[index] as Service;
    visitPlaces(service, visit);
    if (isWritten(service)) written.push(service);
    if (index % KEYS_IN_PIECE === 0) yield;
  }
  for (const service of written) {
    if (othersHaveWrittenPort(service, first)) contested.add(service.key);
    yield;
  }
  return contested;
}

/** An address, or `30080/TCP`. */
type Place = Address | string;

type PlaceVisit = (place: Place, service: Service, kind: ClaimKind) => void;

/** Every place that the Service claims. */
function visitPlaces(service: Service, visit: PlaceVisit): void {
  const { clusterIPs, loadBalancerIPs, externalIPs, ports } = service;
  // By index, as all that runs for every Service of a first pass.
  for (let index = 0; index < clusterIPs.length; index++)
    visit(clusterIPs[index] as Address, service, 'cluster');
  for (let index = 0; index < ports.length; index++) {
    const { nodePort, protocol } = ports[index] as ServicePort;
    if (nodePort !== 0) visit(`${nodePort}/${protocol}`, service, 'node');
  }
  if (!isWritten(service)) return;
  for (const address of loadBalancerIPs) visit(address, service, 'balancer');
  for (const address of externalIPs) visit(address, service, 'external');
}

// Its address may be the node's, and then another's NodePort is there too.
function othersHaveWrittenPort({ key, ports }: Service, first: ReadonlyMap<Place, Claim>): boolean {
  return ports.some(({ port, protocol }) => {
    const claim = first.get(`${port}/${protocol}`);
    return claim !== undefined && claim.service.key !== key;
  });
}

function isWritten({ loadBalancerIPs, externalIPs }: Service): boolean {
  return loadBalancerIPs.length + externalIPs.length > 0;
}
