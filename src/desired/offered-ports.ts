import type { EndpointPort, EndpointSlice } from '../model/endpoint-slice.js';
import type { ServicePort } from '../model/service.js';

const MOST_NAMED = 3;
const NO_SLICES: readonly EndpointSlice[] = [];

/**
 * What the slices of a Service offer by name and protocol, by which a port of theirs belongs to one of the Service. Looked up once for all
 * ports: thousands of ports times thousands of slices would stop the agent for seconds.
 */
export class OfferedPorts {
  readonly #slices: readonly EndpointSlice[];
  #offers: ReadonlyMap<string, readonly EndpointSlice[]> | undefined;
  #summary: string | undefined;

  constructor(slices: readonly EndpointSlice[]) {
    this.#slices = slices;
  }

  /** The slices that have the port, in their order. */
  slicesWith(wanted: ServicePort): readonly EndpointSlice[] {
    return this.#byName.get(nameOf(wanted)) ?? NO_SLICES;
  }

  /**
   * Where no slice has the port: `"web"/TCP, "metrics"/TCP and 2 more`, since nothing else tells why no endpoint is usable. Undefined
   * where a slice has it, or none has any.
   */
  insteadOf(wanted: ServicePort): string | undefined {
    if (this.#byName.size === 0 || this.#byName.has(nameOf(wanted))) return undefined;
    this.#summary ??= summaryOf([...this.#byName.keys()]);
    return this.#summary;
  }

  get #byName(): ReadonlyMap<string, readonly EndpointSlice[]> {
    this.#offers ??= offersOf(this.#slices);
    return this.#offers;
  }
}

function offersOf(slices: readonly EndpointSlice[]): ReadonlyMap<string, readonly EndpointSlice[]> {
  const offers = new Map<string, EndpointSlice[]>();
  for (const slice of slices)
    for (const port of slice.ports) {
      const name = nameOf(port);
      const offering = offers.get(name);
      if (offering === undefined) offers.set(name, [slice]);
      // A slice that has the port twice is listed once.
      else if (offering.at(-1) !== slice) offering.push(slice);
    }
  return offers;
}

function summaryOf(names: readonly string[]): string {
  const named = names.slice(0, MOST_NAMED).join(', ');
  const more = names.length - MOST_NAMED;
  return more > 0 ? `${named} and ${more} more` : named;
}

function nameOf({ name, protocol }: Pick<EndpointPort, 'name' | 'protocol'>): string {
  return `"${name}"/${protocol}`;
}
