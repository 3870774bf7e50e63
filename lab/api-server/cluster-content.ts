import type { ApiServer } from './api-server.js';
import type { ApiObject } from './stored-object.js';

/** So many Services, each with one EndpointSlice of so many endpoints. */
export interface ClusterSize {
  readonly services: number;
  readonly endpoints: number;
}

const PORT = 8080;

/** Fills the server with Services and EndpointSlices as real ones write them, with all that a proxy does not need. */
export function fillCluster({ store }: Pick<ApiServer, 'store'>, size: ClusterSize): void {
  for (let index = 0; index < size.services; index++) {
    store.create('services', largeService(index));
    store.create('endpointslices', largeSlice(index, size.endpoints));
  }
}

/** The nth Service: TCP 80 on 10.96.0.1 and the following. */
export function largeService(index: number): ApiObject {
  const name = nameOf(index);
  const vip = largeServiceAddress(index);
  return {
    metadata: {
      ...identity(name, { 'app.kubernetes.io/name': name }),
      annotations: { 'meta.helm.sh/release-name': name, 'meta.helm.sh/release-namespace': 'bench' },
      managedFields: [managedBy('helm', 'v1', { 'f:ports': {}, 'f:selector': {}, 'f:type': {} })],
    },
    spec: {
      ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: PORT }],
      selector: { 'app.kubernetes.io/name': name },
      clusterIP: vip,
      clusterIPs: [vip],
      type: 'ClusterIP',
      sessionAffinity: 'None',
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      internalTrafficPolicy: 'Cluster',
    },
    status: { loadBalancer: {} },
  };
}

export function largeServiceAddress(index: number): string {
  return ipv4(0x0a600001 + index);
}

/** The address of a pod, counted over all Services, that has been replaced so many times. No two have the same. */
export function largePodAddress(number: number, replaced: number): string {
  return ipv4(0x0a800001 + replaced * 0x400000 + number);
}

/** The slice of the nth Service; `replaced` tells how many times each of its pods has been. */
export function largeSlice(
  index: number,
  endpoints: number,
  replaced: (pod: number) => number = () => 0,
): ApiObject {
  const name = nameOf(index);
  return {
    metadata: {
      ...identity(`${name}-abcde`, {
        'app.kubernetes.io/name': name,
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
        'kubernetes.io/service-name': name,
      }),
      generateName: `${name}-`,
      ownerReferences: [
        {
          apiVersion: 'v1',
          kind: 'Service',
          name,
          uid: uidOf(index),
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
      managedFields: [
        managedBy('kube-controller-manager', 'discovery.k8s.io/v1', {
          'f:addressType': {},
          'f:endpoints': {},
          'f:ports': {},
        }),
      ],
    },
    addressType: 'IPv4',
    endpoints: Array.from({ length: endpoints }, (_, place) => {
      const number = index * endpoints + place;
      return largeEndpoint(number, name, largePodAddress(number, replaced(number)));
    }),
    ports: [{ name: 'http', port: PORT, protocol: 'TCP' }],
  };
}

function largeEndpoint(number: number, name: string, address: string): object {
  const pod = `${name}-5d9c7b8f6-${number.toString(36).padStart(5, 'x')}`;
  return {
    addresses: [address],
    conditions: { ready: true, serving: true, terminating: false },
    nodeName: `node-${1 + (number % 1000)}`,
    targetRef: { kind: 'Pod', name: pod, namespace: 'bench', uid: uidOf(number) },
    zone: `zone-${'abc'[number % 3]}`,
  };
}

function identity(name: string, labels: Readonly<Record<string, string>>) {
  return { name, namespace: 'bench', labels };
}

function managedBy(manager: string, apiVersion: string, fields: object): object {
  return {
    manager,
    operation: 'Update',
    apiVersion,
    time: '2026-01-01T00:00:00Z',
    fieldsType: 'FieldsV1',
    fieldsV1: { 'f:metadata': { 'f:labels': { '.': {}, 'f:app.kubernetes.io/name': {} } }, ...fields },
  };
}

function nameOf(index: number): string {
  return `service-${String(index).padStart(5, '0')}`;
}

function uidOf(number: number): string {
  return `6f6f6f6f-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

function ipv4(number: number): string {
  return [number >>> 24, (number >>> 16) & 255, (number >>> 8) & 255, number & 255].join('.');
}
