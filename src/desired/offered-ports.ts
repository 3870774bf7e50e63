import type { EndpointPort, EndpointSlice } from '../model/endpoint-slice.js';
import type { ServicePort } from '../model/service.js';

const MOST_NAMED = 3;

/**
 * What the slices of a Service offer instead of a port that none of them has: a port belongs together by name and protocol, and
 * where one of the two differs nothing else tells why no endpoint is usable.
 */
export class OfferedPorts {
  readonly #slices: readonly EndpointSlice[];
  #names: ReadonlySet<string> | undefined;

  constructor(slices: readonly EndpointSlice[]) {
    this.#slices = slices;
  }

  /** `"web"/TCP, "metrics"/TCP and 2 more`; undefined where a slice has the port, or none has any. */
  insteadOf(wanted: ServicePort): string | undefined {
    this.#names ??= new Set(this.#slices.flatMap(({ ports }) => ports.map(nameOf)));
    if (this.#names.size === 0 || this.#names.has(nameOf(wanted))) return undefined;
    const named = [...this.#names].slice(0, MOST_NAMED).join(', ');
    const more = this.#names.size - MOST_NAMED;
    return more > 0 ? `${named} and ${more} more` : named;
  }
}

function nameOf({ name, protocol }: Pick<EndpointPort, 'name' | 'protocol'>): string {
  return `"${name}"/${protocol}`;
}
