import type { Address } from '../model/address.js';
import type { EndpointSlice } from '../model/endpoint-slice.js';
import type { Problem } from '../model/problem.js';
import type { ReservedAddresses } from '../model/reserved-address.js';
import type { ServiceKey } from '../model/service-key.js';
import { unusableKind } from './address-policy.js';

/** The slices of a Service without the endpoints that the kernel would refuse. */
export interface UsableEndpoints {
  readonly slices: readonly EndpointSlice[];
  readonly leftOut: readonly Address[];
}

const NONE: readonly Address[] = [];

/**
 * No host has the first or last address of a subnet, and IPVS takes no server at a broadcast address: tried again and again, it would
 * keep the node from ever being in sync. Other reserved addresses, such as the API server's, may be endpoints.
 */
export function usableEndpoints(
  slices: readonly EndpointSlice[],
  reserved: ReservedAddresses,
): UsableEndpoints {
  const leftOut = new Set<Address>();
  for (const { endpoints } of slices)
    for (const { address } of endpoints) if (isUnusable(address, reserved)) leftOut.add(address);
  if (leftOut.size === 0) return { slices, leftOut: NONE };
  const kept = slices.map((slice) => ({
    ...slice,
    endpoints: slice.endpoints.filter(({ address }) => !leftOut.has(address)),
  }));
  return { slices: kept, leftOut: [...leftOut] };
}

export function isEndOfSubnet(address: Address, reserved: ReservedAddresses): boolean {
  const use = reserved.get(address)?.use;
  return use === 'network' || use === 'broadcast';
}

// Asked for each endpoint of the cluster: one look at the text is enough for all but a few.
const SUSPICIOUS = /^(?:0\.|::|100::)/;

function isUnusable(address: Address, reserved: ReservedAddresses): boolean {
  if (SUSPICIOUS.test(address) && unusableKind(address, 'cluster') !== undefined) return true;
  return reserved.size > 0 && isEndOfSubnet(address, reserved);
}

const MOST_NAMES = 3;

/** One problem, however many they are. */
export function endpointProblem(service: ServiceKey, leftOut: readonly Address[]): Problem {
  const named = leftOut.slice(0, MOST_NAMES).join(', ');
  const more = leftOut.length > MOST_NAMES ? ` and ${leftOut.length - MOST_NAMES} more` : '';
  return {
    kind: 'object',
    subject: `Service ${service}`,
    service,
    message:
      `its slices have ${leftOut.length === 1 ? 'an endpoint' : 'endpoints'} at which no pod can be, ${named}${more}: the first or ` +
      'last address of a subnet that this node is in, or one of a range for no host. Left out, since the kernel refuses them.',
    remedy: 'Write the addresses of pods into the EndpointSlices.',
  };
}
