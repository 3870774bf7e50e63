/** plain: every Service is a ClusterIP alone. mixed: as `shapeOf` says. */
export type Mix = 'plain' | 'mixed';

/** What makes one Service differ from a plain one. */
export interface Shape {
  readonly type: 'ClusterIP' | 'NodePort' | 'LoadBalancer';
  /** 0 for none. */
  readonly nodePort: number;
  /** 0 for none. */
  readonly healthCheckNodePort: number;
  readonly isExternalLocal: boolean;
  readonly isInternalLocal: boolean;
  readonly hasAffinity: boolean;
  readonly sourceRanges: readonly string[];
  /** Its endpoints are spread over three zones, and each is for clients of its own. */
  readonly isHinted: boolean;
}

// The first of every hundred Services have ports on the nodes.
const HUNDRED = 100;
const NODE_PORTS = 10;
const BALANCERS = 10;

// With those for health checks 25 of a hundred: 2,500 of 10,000, where the API server's standard range has 2,768.
const FIRST_NODE_PORT = 30_000;
const FIRST_HEALTH_CHECK_PORT = 32_000;

const INTERNAL_LOCAL = [20, 25] as const;
const HINTED = [30, 40] as const;
const RESTRICTED = [10, 11];
const STICKY = [0, 1, 12, 13, 26];

const RANGES = ['198.51.100.0/24', '203.0.113.0/24'];

const PLAIN: Shape = {
  type: 'ClusterIP',
  nodePort: 0,
  healthCheckNodePort: 0,
  isExternalLocal: false,
  isInternalLocal: false,
  hasAffinity: false,
  sourceRanges: [],
  isHinted: false,
};

/**
 * Of a hundred Services of the mix 10 are of type NodePort and 10 of type LoadBalancer, with externalTrafficPolicy
 * Local in every second of both. 5 have internalTrafficPolicy Local, 10 topology hints, 5 session affinity (2 of type
 * NodePort, 2 LoadBalancer, 1 ClusterIP), and 2 of the load balancers have source ranges.
 */
export function shapeOf(service: number, mix: Mix): Shape {
  if (mix === 'plain') return PLAIN;
  const place = service % HUNDRED;
  const block = Math.floor(service / HUNDRED);
  const isBalancer = place >= NODE_PORTS && place < NODE_PORTS + BALANCERS;
  const hasNodePort = place < NODE_PORTS + BALANCERS;
  const isExternalLocal = hasNodePort && place % 2 === 1;
  return {
    type: isBalancer ? 'LoadBalancer' : hasNodePort ? 'NodePort' : 'ClusterIP',
    nodePort: hasNodePort ? FIRST_NODE_PORT + block * (NODE_PORTS + BALANCERS) + place : 0,
    healthCheckNodePort:
      isBalancer && isExternalLocal ? FIRST_HEALTH_CHECK_PORT + block * BALANCERS + place - NODE_PORTS : 0,
    isExternalLocal,
    isInternalLocal: isWithin(place, INTERNAL_LOCAL),
    hasAffinity: STICKY.includes(place),
    sourceRanges: RESTRICTED.includes(place) ? RANGES : [],
    isHinted: isWithin(place, HINTED),
  };
}

/** The number of a Service of type LoadBalancer, of so many. */
export function balancerAt(index: number): number {
  return Math.floor(index / BALANCERS) * HUNDRED + NODE_PORTS + (index % BALANCERS);
}

export function balancersAmong(services: number): number {
  return Math.floor(services / HUNDRED) * BALANCERS;
}

function isWithin(place: number, [first, end]: readonly [number, number]): boolean {
  return place >= first && place < end;
}
