import type { Family } from '../../model/address.js';
import type { Endpoint, EndpointSlice } from '../../model/endpoint-slice.js';
import { leftOutReason } from '../../model/left-out.js';
import type { VirtualServer } from '../../model/virtual-server.js';
import type { LeftOutEndpoint } from './frontend-row.js';

interface LeftOutQuestion {
  readonly slices: readonly EndpointSlice[];
  readonly family: Family;
  readonly port: { readonly name: string; readonly protocol: string };
  /** Endpoints of this node alone are used. */
  readonly isLocalOnly: boolean;
  /** This node's name. */
  readonly node: string | undefined;
  readonly server: VirtualServer | undefined;
}

/** The endpoints of a Service that are no servers of its frontend, each once, and why. */
export function leftOutEndpoints(question: LeftOutQuestion): LeftOutEndpoint[] {
  const used = new Set([...(question.server?.realServers ?? [])].map(({ address }) => address));
  const found = new Map<string, LeftOutEndpoint>();
  for (const slice of question.slices)
    for (const endpoint of slice.endpoints)
      if (!used.has(endpoint.address) && !found.has(endpoint.address))
        found.set(endpoint.address, {
          address: endpoint.address,
          reason: reasonOf(endpoint, slice, question),
        });
  return [...found.values()];
}

function reasonOf(endpoint: Endpoint, slice: EndpointSlice, question: LeftOutQuestion): string {
  const { family, port, isLocalOnly, node } = question;
  if (slice.family !== family) return `its address is ${slice.family}`;
  if (!slice.ports.some(({ name, protocol }) => name === port.name && protocol === port.protocol))
    return port.name === ''
      ? `its slice has no ${port.protocol} port`
      : `its slice has no port "${port.name}"/${port.protocol}`;
  const isElsewhere = isLocalOnly && endpoint.node !== node;
  return leftOutReason(endpoint, isElsewhere) ?? 'no server can have this address on this node';
}
