import type { Address, Family } from '../model/address.js';
import type { Endpoint, Endpoints } from '../model/endpoint-slice.js';
import type { ServerOrder } from '../model/real-server.js';
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
  /** How many of them are ready; the others leave. */
  readyCount = 0;

  constructor(offers: readonly Offer[], family: Family) {
    for (const { slice, port } of offers)
      if (slice.family === family)
        this.readyCount += gather(slice.endpoints, port, this.endpoints, this.ports);
  }

  /** Their places in these lists, in the order for the kernel. */
  inOrder(seed: number): number[] {
    const { endpoints, ports } = this;
    return placesByRank(endpoints.map(({ address }, place) => rankOf(address, ports[place] as number, seed)));
  }
}

// A loop by index, as all that run for every endpoint of the cluster: code that is not compiled to the fast kind yet
// takes three times as long for one by iterator.
function gather(from: Endpoints, port: number, endpoints: Endpoint[], ports: number[]): number {
  let ready = 0;
  for (let index = 0; index < from.length; index++) {
    const endpoint = from.at(index) as Endpoint;
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
export function orderBy(seed: number): ServerOrder {
  return { seed, sort: (addresses, port) => sortByRank(addresses, port, seed) };
}

function sortByRank(addresses: Address[], port: number, seed: number): void {
  const ranks: number[] = [];
  for (let index = 0; index < addresses.length; index++)
    ranks.push(rankOf(addresses[index] as Address, port, seed));
  const before = addresses.slice();
  const places = placesByRank(ranks);
  for (let index = 0; index < places.length; index++)
    addresses[index] = before[places[index] as number] as Address;
}

/** More than the endpoints of any Service; with a rank of 32 bits before it a place stays an exact number. */
const PLACES = 2 ** 20;

// Rank and place in one number each, since typed arrays are sorted without a call for each pair.
function placesByRank(ranks: readonly number[]): number[] {
  const keys = new Float64Array(ranks.length);
  for (let place = 0; place < ranks.length; place++) keys[place] = (ranks[place] as number) * PLACES + place;
  keys.sort();
  const places: number[] = [];
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] as number;
    places.push(key - Math.floor(key / PLACES) * PLACES);
  }
  return places;
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
