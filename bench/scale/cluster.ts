import { execFileSync } from 'node:child_process';
import type { ApiServerProcess } from '../../lab/api-server/api-server-process.js';
import { largePodAddress, largeSlice } from '../../lab/api-server/cluster-content.js';
import type { ApiObject } from '../../lab/api-server/stored-object.js';
import type { ScaleSettings } from './results.js';

/** The cluster of the measurement: a node that has the API server too, and pods that may be replaced. */
export const NODE_NAME = 'node-1';
export const NODE_ADDRESS = '192.0.2.1';
export const API_SERVER_VIP = '10.111.0.1';

// The API server is on the node, which has an address for it and a way to all pods.
export function setUpNode(): void {
  const lines = [
    'link set lo up',
    'link add node type dummy',
    `address add ${NODE_ADDRESS}/24 dev node`,
    'link set node up',
    'route add default dev node',
  ];
  execFileSync('ip', ['-batch', '-'], {
    input: `${lines.join('\n')}\n`,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
}

export async function fill(server: ApiServerProcess, { services, endpoints }: ScaleSettings): Promise<void> {
  await server.tell({ kind: 'fill', size: { services, endpoints } });
  const name = { name: 'kubernetes', namespace: 'default' };
  await create(server, 'nodes', {
    metadata: { name: NODE_NAME },
    status: { addresses: [{ type: 'InternalIP', address: NODE_ADDRESS }] },
  });
  await create(server, 'services', {
    metadata: name,
    spec: {
      ...{ type: 'ClusterIP', clusterIP: API_SERVER_VIP, clusterIPs: [API_SERVER_VIP] },
      ...{ sessionAffinity: 'None', ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' },
      ports: [{ name: 'https', protocol: 'TCP', port: 443, targetPort: server.port }],
    },
    status: { loadBalancer: {} },
  });
  await create(server, 'endpointslices', {
    metadata: { ...name, labels: { 'kubernetes.io/service-name': 'kubernetes' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [NODE_ADDRESS], conditions: { ready: true } }],
    ports: [{ name: 'https', port: server.port, protocol: 'TCP' }],
  });
}

export function create(
  server: ApiServerProcess,
  resource: 'nodes' | 'services' | 'endpointslices',
  object: ApiObject,
): Promise<unknown> {
  return server.tell({ kind: 'create', resource, object });
}

/** Every pod of every Service, each of which may be replaced by one with a new address. */
export class Pods {
  readonly #endpoints: number;
  readonly #replaced = new Map<number, number>();

  constructor({ endpoints }: ScaleSettings) {
    this.#endpoints = endpoints;
  }

  /** The slice with the new pod, and its address. */
  replace(pod: number): { readonly slice: ApiObject; readonly address: string } {
    const times = (this.#replaced.get(pod) ?? 0) + 1;
    this.#replaced.set(pod, times);
    const service = Math.floor(pod / this.#endpoints);
    const slice = largeSlice(service, this.#endpoints, (other) => this.#replaced.get(other) ?? 0);
    return { slice, address: largePodAddress(pod, times) };
  }
}
