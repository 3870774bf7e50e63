import type { Address } from '../../src/model/address.js';
import { familyOf } from '../../src/model/address.js';
import {
  type Endpoint,
  type EndpointPort,
  type EndpointSlice,
  sliceKey,
} from '../../src/model/endpoint-slice.js';
import type { Service, ServicePort } from '../../src/model/service.js';
import { serviceKey } from '../../src/model/service-key.js';
import type { VirtualServerSettings } from '../../src/model/virtual-server.js';

export const HTTP: ServicePort = { name: 'http', protocol: 'TCP', port: 80, nodePort: 0 };

/** A Service in the default namespace with one TCP port `http` 80, unless told otherwise. */
export function aService(name: string, clusterIPs: readonly Address[], over: Partial<Service> = {}): Service {
  return {
    key: serviceKey('default', name),
    clusterIPs,
    externalIPs: [],
    loadBalancerIPs: [],
    ports: [HTTP],
    internalPolicy: 'Cluster',
    externalPolicy: 'Cluster',
    healthCheckNodePort: 0,
    sourceRanges: [],
    hasUnreadRanges: false,
    affinityTimeout: 0,
    schedulerFlags: [],
    weights: [],
    slowStart: 0,
    created: 0,
    ...over,
  };
}

export function anEndpoint(address: Address, over: Partial<Endpoint> = {}): Endpoint {
  return { address, ready: true, serving: true, terminating: false, ...over };
}

/** One slice of the Service with ready endpoints and the port `http` 8080, unless told otherwise. */
export function aSlice(
  service: string,
  addresses: readonly Address[],
  over: { name?: string; ports?: readonly EndpointPort[]; endpoints?: readonly Endpoint[] } = {},
): EndpointSlice {
  return {
    key: sliceKey('default', over.name ?? `${service}-1`),
    service: serviceKey('default', service),
    family: addresses[0] === undefined ? 'IPv4' : familyOf(addresses[0]),
    ports: over.ports ?? [{ name: 'http', protocol: 'TCP', port: 8080 }],
    endpoints: over.endpoints ?? addresses.map((address) => anEndpoint(address)),
  };
}

/** Settings of a virtual server, without affinity unless told otherwise. */
export function settings(scheduler: string, persistenceTimeout = 0): VirtualServerSettings {
  return { scheduler, schedulerFlags: '', persistenceTimeout };
}
