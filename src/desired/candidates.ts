import type { Family } from '../model/address.js';
import type { Endpoint, EndpointPort, EndpointSlice } from '../model/endpoint-slice.js';
import type { ServicePort } from '../model/service.js';

/** Endpoints of one ServicePort with the target port of each: two lists of one length, cheaper than a list of pairs. */
export interface Candidates {
  readonly endpoints: readonly Endpoint[];
  readonly ports: readonly number[];
}

export interface UsableEndpoints {
  readonly ready: Candidates;
  /** Those that still serve while they terminate. */
  readonly leaving: Candidates;
}

/**
 * What can take connections, found in one pass over all slices of the Service.
 *
 * A slice's port belongs to the ServicePort of the same name and protocol; its number may differ between slices
 * (KEP-752). An endpoint that two slices have is found twice.
 */
export function usableEndpoints(
  slices: readonly EndpointSlice[],
  family: Family,
  wanted: ServicePort,
): UsableEndpoints {
  const ready = new CandidateList();
  const leaving = new CandidateList();
  for (const slice of slices) {
    if (slice.family !== family) continue;
    for (const port of slice.ports) if (isSamePort(port, wanted)) sort(slice, port.port, ready, leaving);
  }
  return { ready, leaving };
}

/** The candidates for which `isChosen` holds; the same object where all are. */
export function candidatesThat(
  candidates: Candidates,
  isChosen: (endpoint: Endpoint, name: string) => boolean,
  name: string,
): Candidates {
  const chosen = new CandidateList();
  const { endpoints, ports } = candidates;
  for (let index = 0; index < endpoints.length; index++) {
    const endpoint = endpoints[index];
    if (endpoint !== undefined && isChosen(endpoint, name)) chosen.add(endpoint, ports[index] ?? 0);
  }
  return chosen.endpoints.length === endpoints.length ? candidates : chosen;
}

class CandidateList implements Candidates {
  readonly endpoints: Endpoint[] = [];
  readonly ports: number[] = [];

  add(endpoint: Endpoint, port: number): void {
    this.endpoints.push(endpoint);
    this.ports.push(port);
  }
}

function sort(
  { endpoints }: EndpointSlice,
  port: number,
  ready: CandidateList,
  leaving: CandidateList,
): void {
  for (const endpoint of endpoints)
    if (endpoint.ready) ready.add(endpoint, port);
    else if (endpoint.serving && endpoint.terminating) leaving.add(endpoint, port);
}

function isSamePort(port: EndpointPort, wanted: ServicePort): boolean {
  return port.name === wanted.name && port.protocol === wanted.protocol;
}
