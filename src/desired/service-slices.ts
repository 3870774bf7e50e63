import type { Address } from '../model/address.js';
import { EndpointList, type EndpointPort, type EndpointSlice } from '../model/endpoint-slice.js';
import type { Problem } from '../model/problem.js';
import type { ReservedAddresses } from '../model/reserved-address.js';
import type { ServicePort } from '../model/service.js';
import type { ServiceKey } from '../model/service-key.js';
import { unusableKind } from './address-policy.js';

/** The slices of a Service without the endpoints that the kernel would refuse. */
interface UsableEndpoints {
  readonly slices: readonly EndpointSlice[];
  readonly leftOut: readonly Address[];
}

const NONE: readonly Address[] = [];

/**
 * No host has the first or last address of a subnet, and IPVS takes no server at a broadcast address: tried again and
 * again, it would keep the node from ever being in sync. Other reserved addresses, such as the API server's, may be
 * endpoints.
 */
export function usableEndpoints(
  slices: readonly EndpointSlice[],
  reserved: ReservedAddresses,
): UsableEndpoints {
  const leftOut = unusableAddresses(slices, reserved);
  return leftOut === undefined ? { slices, leftOut: NONE } : without(leftOut, slices);
}

function without(leftOut: ReadonlySet<Address>, slices: readonly EndpointSlice[]): UsableEndpoints {
  const kept = slices.map((slice) => ({
    ...slice,
    endpoints: [...slice.endpoints].filter(({ address }) => !leftOut.has(address)),
  }));
  return { slices: kept, leftOut: [...leftOut] };
}

// Undefined where there is none, as in nearly every Service.
function unusableAddresses(
  slices: readonly EndpointSlice[],
  reserved: ReservedAddresses,
): Set<Address> | undefined {
  let found: Set<Address> | undefined;
  const ends = endsOfSubnets(reserved);
  for (let place = 0; place < slices.length; place++) {
    const { parts } = EndpointList.of((slices[place] as EndpointSlice).endpoints);
    for (let index = 0; index < parts.length; index += 2) {
      const address = parts[index] as Address;
      if (ends.has(address) || unusableKind(address, 'cluster') !== undefined)
        found = (found ?? new Set()).add(address);
    }
  }
  return found;
}

let latest: { readonly reserved: ReservedAddresses; readonly ends: ReadonlySet<Address> } | undefined;

// The same map for all Services as long as none comes or goes.
function endsOfSubnets(reserved: ReservedAddresses): ReadonlySet<Address> {
  if (latest?.reserved !== reserved) {
    const ends = [...reserved.keys()].filter((address) => isEndOfSubnet(address, reserved));
    latest = { reserved, ends: new Set(ends) };
  }
  return latest.ends;
}

export function isEndOfSubnet(address: Address, reserved: ReservedAddresses): boolean {
  const use = reserved.get(address)?.use;
  return use === 'network' || use === 'broadcast';
}

const MOST_NAMES = 3;

/** One problem, however many they are. */
export function endpointProblem(service: ServiceKey, leftOut: readonly Address[]): Problem {
  const named = leftOut.slice(0, MOST_NAMES).join(', ');
  const more = leftOut.length > MOST_NAMES ? ` and ${leftOut.length - MOST_NAMES} more` : '';
  return {
    kind: 'object',
    reason: 'UnusableEndpoints',
    subject: `Service ${service}`,
    service,
    message:
      `its slices have ${leftOut.length === 1 ? 'an endpoint' : 'endpoints'} at which no pod can be, ${named}${more}: the first or ` +
      'last address of a subnet that this node is in, or one of a range for no host. Left out, since the kernel refuses them.',
    remedy: 'Write the addresses of pods into the EndpointSlices.',
  };
}

const MOST_NAMED = 3;
const NO_OFFERS: readonly Offer[] = [];

/**
 * A slice that has a port of the Service: one of the same name and protocol. The number may differ between slices
 * (KEP-752), and one slice may offer several.
 */
export interface Offer {
  readonly slice: EndpointSlice;
  /** The target port. */
  readonly port: number;
}

/** Nearly every Service has one port: then no index of the offers is needed. */
export function offersOf(slices: readonly EndpointSlice[], { name, protocol }: ServicePort): Offer[] {
  const offers: Offer[] = [];
  for (let index = 0; index < slices.length; index++) {
    const slice = slices[index] as EndpointSlice;
    const { ports } = slice;
    for (let place = 0; place < ports.length; place++) {
      const offered = ports[place] as EndpointPort;
      if (offered.name === name && offered.protocol === protocol) offers.push({ slice, port: offered.port });
    }
  }
  return offers;
}

/**
 * What the slices of a Service offer. Looked up once for all ports: thousands of ports, times as many in each slice,
 * would stop the agent for as long as a second.
 */
export class OfferedPorts {
  readonly #slices: readonly EndpointSlice[];
  #offers: ReadonlyMap<string, readonly Offer[]> | undefined;
  #summary: string | undefined;

  constructor(slices: readonly EndpointSlice[]) {
    this.#slices = slices;
  }

  /** Who offers the port, in the order of the slices. */
  of(wanted: ServicePort): readonly Offer[] {
    return this.#byName.get(nameOf(wanted)) ?? NO_OFFERS;
  }

  /**
   * Where no slice has the port: `"web"/TCP, "metrics"/TCP and 2 more`, since nothing else shows why no endpoint is
   * usable. Undefined where a slice has it, or none has any.
   */
  insteadOf(wanted: ServicePort): string | undefined {
    if (this.#byName.size === 0 || this.#byName.has(nameOf(wanted))) return undefined;
    this.#summary ??= summaryOf([...this.#byName.keys()]);
    return this.#summary;
  }

  get #byName(): ReadonlyMap<string, readonly Offer[]> {
    this.#offers ??= indexOf(this.#slices);
    return this.#offers;
  }
}

function indexOf(slices: readonly EndpointSlice[]): ReadonlyMap<string, readonly Offer[]> {
  const offers = new Map<string, Offer[]>();
  for (const slice of slices)
    for (const port of slice.ports) {
      const name = nameOf(port);
      const offer: Offer = { slice, port: port.port };
      const known = offers.get(name);
      if (known === undefined) offers.set(name, [offer]);
      else known.push(offer);
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
