import type { Family } from '../model/address.js';
import type { Endpoint } from '../model/endpoint-slice.js';
import type { Offer } from './service-slices.js';

/**
 * The endpoints of one ServicePort that can take connections: the ready ones and those that still serve while they
 * terminate. With 100,000 of them each list and each turn costs milliseconds of the first pass, so they are gathered
 * once, into lists of one length instead of a list of pairs. An endpoint that two slices have is here twice.
 */
export class Candidates {
  readonly endpoints: Endpoint[] = [];
  /** The target port of each. */
  readonly ports: number[] = [];
  /** What the order follows from. Those of one endpoint are the same, so that they are neighbours in it. */
  readonly ranks: number[] = [];
  /** How many of them are ready; the others leave. */
  readyCount = 0;

  constructor(offers: readonly Offer[], family: Family) {
    for (const { slice, port } of offers)
      if (slice.family === family)
        this.readyCount += gather(slice.endpoints, port, this.endpoints, this.ports);
  }
}

// A loop by index, as all that run for every endpoint of the cluster: code that is not compiled to the fast kind yet
// takes three times as long for one by iterator.
function gather(from: readonly Endpoint[], port: number, endpoints: Endpoint[], ports: number[]): number {
  let ready = 0;
  for (let index = 0; index < from.length; index++) {
    const endpoint = from[index] as Endpoint;
    if (endpoint.ready) ready++;
    else if (!endpoint.serving || !endpoint.terminating) continue;
    endpoints.push(endpoint);
    ports.push(port);
  }
  return ready;
}

/**
 * The order in which a node adds the endpoints of a port. IPVS keeps the last one added at the head of its list, where
 * `rr` begins and where `lc` and `wlc` look first among equals: were the order that of the slices, every node would
 * send its first connections to one pod (kubernetes/kubernetes#126378).
 *
 * It follows from a hash of seed, address and port. So it is the same after a restart, an endpoint that comes or goes
 * leaves the others in their order, and the seed makes it another on every node.
 */
export function sortCandidates({ endpoints, ports, ranks }: Candidates, seed: number): void {
  const count = endpoints.length;
  if (count < 2) return;
  for (let index = 0; index < count; index++)
    ranks.push(rankOf((endpoints[index] as Endpoint).address, ports[index] as number, seed));
  for (const gap of GAPS) if (gap < count) sortByGap(gap, ranks, endpoints, ports);
}

// Shell's sort in place, since Array.sort cannot move three lists at once; the gaps are those of Ciura, continued.
const GAPS = [3548, 1577, 701, 301, 132, 57, 23, 10, 4, 1];

function sortByGap<T>(gap: number, ranks: number[], endpoints: T[], ports: number[]): void {
  for (let index = gap; index < ranks.length; index++) {
    const rank = ranks[index] as number;
    const endpoint = endpoints[index] as T;
    const port = ports[index] as number;
    let place = index;
    for (; place >= gap && (ranks[place - gap] as number) > rank; place -= gap) {
      ranks[place] = ranks[place - gap] as number;
      endpoints[place] = endpoints[place - gap] as T;
      ports[place] = ports[place - gap] as number;
    }
    ranks[place] = rank;
    endpoints[place] = endpoint;
    ports[place] = port;
  }
}

/** The seed of a node's own order; that of no name is 0, for an order that all nodes share. */
export function seedOf(name: string): number {
  let hash = 0;
  for (let index = 0; index < name.length; index++)
    hash = Math.imul(hash ^ name.charCodeAt(index), FNV_PRIME);
  return mixed(hash);
}

const FNV_PRIME = 0x01000193;

function rankOf(address: string, port: number, seed: number): number {
  let hash = seed ^ port;
  for (let index = 0; index < address.length; index++)
    hash = Math.imul(hash ^ address.charCodeAt(index), FNV_PRIME);
  return mixed(hash);
}

// Addresses of one subnet differ in their last characters, which FNV alone leaves in the low bits: without the last
// step of MurmurHash3 most nodes would have one of a few orders. `| 0` keeps it a small integer, which V8 stores in
// place.
function mixed(hash: number): number {
  const once = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35);
  return (twice ^ (twice >>> 16)) | 0;
}
