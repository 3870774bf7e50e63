import type { Family } from '../model/address.js';
import type { Endpoint, EndpointPort, EndpointSlice } from '../model/endpoint-slice.js';
import type { ServicePort } from '../model/service.js';

/**
 * The endpoints of one ServicePort that can take connections: the ready ones and those that still serve while they
 * terminate. With 100,000 of them each list and each turn costs milliseconds of the first pass, so they are gathered
 * once, into lists of one length instead of a list of pairs.
 *
 * A slice's port belongs to the ServicePort of the same name and protocol; its number may differ between slices
 * (KEP-752). An endpoint that two slices have is here twice.
 */
export class Candidates {
  readonly endpoints: Endpoint[] = [];
  /** The target port of each. */
  readonly ports: number[] = [];
  /** How many of them are ready; the others leave. */
  readyCount = 0;

  constructor(slices: readonly EndpointSlice[], family: Family, wanted: ServicePort) {
    for (const slice of slices) {
      if (slice.family !== family) continue;
      for (const port of slice.ports) if (isSamePort(port, wanted)) this.#gather(slice.endpoints, port.port);
    }
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

function isSamePort(port: EndpointPort, wanted: ServicePort): boolean {
  return port.name === wanted.name && port.protocol === wanted.protocol;
}
