import type { Family } from '../model/address.js';
import type { Endpoint } from '../model/endpoint-slice.js';
import type { Offer } from './offered-ports.js';

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
    for (const { slice, port } of offers) if (slice.family === family) this.#gather(slice.endpoints, port);
  }

  #gather(endpoints: readonly Endpoint[], port: number): void {
    for (const endpoint of endpoints) {
      if (endpoint.ready) this.readyCount++;
      else if (!endpoint.serving || !endpoint.terminating) continue;
      this.endpoints.push(endpoint);
      this.ports.push(port);
    }
  }
}
