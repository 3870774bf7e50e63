import type { Addresses } from '../../../lab/address-plan.js';
import type { ApiObject } from '../../../lab/api-server/stored-object.js';
import type { Host } from '../../../lab/host.js';
import type { Address } from '../../../src/model/address.js';

export function nodeObject(name: string, { IPv4, IPv6 }: Addresses): ApiObject {
  return {
    metadata: { name, labels: { 'kubernetes.io/hostname': name } },
    spec: { podCIDRs: ['10.244.0.0/24'] },
    status: {
      addresses: [
        { type: 'InternalIP', address: IPv4 },
        { type: 'InternalIP', address: IPv6 },
        { type: 'Hostname', address: name },
      ],
    },
  };
}

/** A Service of TCP 80 as the API server has it, with what it fills in by itself. */
export function serviceObject(name: string, clusterIP: Address): ApiObject {
  return {
    metadata: { name, namespace: 'default' },
    spec: {
      type: 'ClusterIP',
      clusterIP,
      clusterIPs: [clusterIP],
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      internalTrafficPolicy: 'Cluster',
      sessionAffinity: 'None',
      selector: { app: name },
      ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 9376 }],
    },
    status: { loadBalancer: {} },
  };
}

/**
 * The one slice of that Service. Of the second kind are pods that end: they serve, but are not ready. Those of the
 * third are neither, and do not end either: they fail their probe, or their node is lost.
 */
export function sliceObject(
  name: string,
  ready: readonly Host[],
  ending: readonly Host[] = [],
  stopped: readonly Host[] = [],
): ApiObject {
  return {
    metadata: {
      name: `${name}-abcde`,
      namespace: 'default',
      labels: {
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
        'kubernetes.io/service-name': name,
      },
    },
    addressType: 'IPv4',
    ports: [{ name: 'http', protocol: 'TCP', port: 9376 }],
    endpoints: [
      ...ready.map((pod) => endpoint(pod, { ready: true, serving: true, terminating: false })),
      ...ending.map((pod) => endpoint(pod, { ready: false, serving: true, terminating: true })),
      ...stopped.map((pod) => endpoint(pod, { ready: false, serving: false, terminating: false })),
    ],
  };
}

function endpoint({ name, addresses }: Host, conditions: object): object {
  return {
    addresses: [addresses.IPv4],
    conditions,
    nodeName: name === 'remote-pod' ? 'node-2' : 'node-1',
    targetRef: { kind: 'Pod', namespace: 'default', name },
  };
}
