import { translateEndpointSlice } from '../../src/api-objects/endpoint-slice.js';
import { translateService } from '../../src/api-objects/service.js';
import { LONE_NODE, type NodeProfile } from '../../src/desired/node-view.js';
import { type Address, parseAddress } from '../../src/model/address.js';
import type { ClusterView } from '../../src/model/cluster-view.js';
import {
  type Endpoint,
  type EndpointSlice,
  type SliceKey,
  sliceKey,
} from '../../src/model/endpoint-slice.js';
import { type ServiceKey, serviceKey } from '../../src/model/service-key.js';
import { type Mix, shapeOf } from './mix.js';

/** What is programmed: so many Services of one port, each with so many endpoints of its own, and of which kinds. */
export interface Size {
  readonly services: number;
  readonly endpoints: number;
  readonly mix: Mix;
}

/** Pods on the node of the agent; the kubelet's default allows 110. */
export const LOCAL_ENDPOINTS = 100;

export const NODE = 'node-1';
export const SCHEDULER = 'rr';
export const SERVICE_PORT = 80;
export const TARGET_PORT = 8080;

// baseline.c has the same addresses.
const FIRST_VIP = 0x0a600001;
const FIRST_POD = 0x0a800001;
const FIRST_NEW_POD = 0x0ac00001;
// Only in the mix.
const FIRST_BALANCER = 0x0a700001;

/** Its NodePorts are here. */
export const NODE_ADDRESS = ipv4(0xc0000201);

const ZONES = 3;

export function vip(service: number): Address {
  return ipv4(FIRST_VIP + service);
}

/** The address of one endpoint, counted over all Services. */
export function pod(endpoint: number): Address {
  return ipv4(FIRST_POD + endpoint);
}

/** Addresses that replace others later. */
export function newPod(index: number): Address {
  return ipv4(FIRST_NEW_POD + index);
}

/** The agent's node; the mix also needs to know where it is, and what the product takes for session affinity. */
export function profileOf({ mix }: Size): NodeProfile {
  const node = { ...LONE_NODE, name: NODE, scheduler: SCHEDULER };
  return mix === 'plain' ? node : { ...node, zone: zoneOf(0), stickyScheduler: 'mh' };
}

export function nameOf(service: number): ServiceKey {
  return serviceKey('bench', `service-${service}`);
}

/**
 * Fills the view as a source does: object by object from JSON text, through the translator. So the heap is what it is
 * in an agent that has just listed a whole cluster.
 */
export function fill(view: ClusterView, size: Size): void {
  for (let index = 0; index < size.services; index++) putService(view, index, size);
}

/** One Service and its slice; whom that changes. */
export function putService(view: ClusterView, index: number, size: Size): ServiceKey[] {
  const service = translateService(JSON.parse(serviceText(index, size)));
  const slice = translateEndpointSlice(JSON.parse(sliceText(index, size)));
  return [
    ...(service.kind === 'translated' ? view.setService(service.record) : []),
    ...(slice.kind === 'translated' ? view.setSlice(slice.record) : []),
  ];
}

export function removeService(view: ClusterView, index: number): ServiceKey[] {
  return [
    ...view.deleteService(nameOf(index)),
    ...view.deleteSlice({ key: sliceKeyOf(index), service: nameOf(index) }),
  ];
}

function sliceKeyOf(index: number): SliceKey {
  return sliceKey('bench', `service-${index}-a`);
}

function serviceText(index: number, { mix }: Size): string {
  const [namespace, name] = nameOf(index).split('/');
  const shape = shapeOf(index, mix);
  const ingress = shape.type === 'LoadBalancer' ? [{ ip: ipv4(FIRST_BALANCER + index), ipMode: 'VIP' }] : [];
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      namespace,
      name,
      uid: `service-${index}`,
      creationTimestamp: '2026-01-01T00:00:00Z',
      labels: { app: name },
    },
    spec: {
      type: shape.type,
      clusterIP: vip(index),
      clusterIPs: [vip(index)],
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      internalTrafficPolicy: shape.isInternalLocal ? 'Local' : 'Cluster',
      ...(shape.nodePort > 0 && { externalTrafficPolicy: shape.isExternalLocal ? 'Local' : 'Cluster' }),
      ...(shape.healthCheckNodePort > 0 && { healthCheckNodePort: shape.healthCheckNodePort }),
      ...(shape.sourceRanges.length > 0 && { loadBalancerSourceRanges: shape.sourceRanges }),
      sessionAffinity: shape.hasAffinity ? 'ClientIP' : 'None',
      selector: { app: name },
      ports: [
        {
          protocol: 'TCP',
          port: SERVICE_PORT,
          targetPort: TARGET_PORT,
          ...(shape.nodePort > 0 && { nodePort: shape.nodePort }),
        },
      ],
    },
    ...(ingress.length > 0 && { status: { loadBalancer: { ingress } } }),
  });
}

function sliceText(index: number, size: Size): string {
  const [namespace, name] = nameOf(index).split('/');
  const { isHinted } = shapeOf(index, size.mix);
  return JSON.stringify({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      namespace,
      name: `${name}-a`,
      uid: `slice-${index}`,
      labels: { 'kubernetes.io/service-name': name },
    },
    addressType: 'IPv4',
    ports: [{ name: '', protocol: 'TCP', port: TARGET_PORT }],
    endpoints: endpointsOf(index, size).map(({ address, node }, place) => ({
      addresses: [address],
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: node,
      ...(isHinted && { zone: zoneOf(place), hints: { forZones: [{ name: zoneOf(place) }] } }),
      targetRef: { kind: 'Pod', namespace, name: `${name}-${place}`, uid: `pod-${index}-${place}` },
    })),
  });
}

export function endpointsOf(service: number, { endpoints, mix }: Size): Endpoint[] {
  return Array.from({ length: endpoints }, (_, index) => {
    const number = service * endpoints + index;
    // In the mix the first Services have one each, so that there are some of every kind.
    const isLocal = mix === 'plain' ? number < LOCAL_ENDPOINTS : index === 0 && service < LOCAL_ENDPOINTS;
    return endpoint(pod(number), isLocal ? NODE : `node-${2 + (number % 1000)}`);
  });
}

function zoneOf(place: number): string {
  return `zone-${place % ZONES}`;
}

export function endpoint(address: Address, node: string): Endpoint {
  return { address, ready: true, serving: true, terminating: false, node };
}

export function slice(service: number, endpoints: readonly Endpoint[]): EndpointSlice {
  return {
    key: sliceKeyOf(service),
    service: nameOf(service),
    family: 'IPv4',
    ports: [{ name: '', protocol: 'TCP', port: TARGET_PORT }],
    endpoints,
  };
}

function ipv4(number: number): Address {
  const text = [number >>> 24, (number >>> 16) & 255, (number >>> 8) & 255, number & 255].join('.');
  const address = parseAddress(text);
  if (address === undefined) throw new TypeError(`no address: ${text}`);
  return address;
}
