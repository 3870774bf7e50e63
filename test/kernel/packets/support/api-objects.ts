import type { Address, Family } from '../../../../src/model/address.js';
import type { Protocol } from '../../../../src/model/protocol.js';

/** A Service as one would write it for `kubectl apply`. */
export interface ServiceText {
  readonly name: string;
  readonly clusterIPs?: readonly string[];
  readonly ports?: readonly PortText[];
  readonly labels?: Readonly<Record<string, string>>;
  /** Further fields of spec. */
  readonly spec?: object;
  /** Addresses of the load balancer. */
  readonly ingress?: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface PortText {
  readonly name?: string;
  readonly protocol?: Protocol;
  readonly port: number;
  readonly nodePort?: number;
}

export interface EndpointText {
  readonly address: Address;
  readonly ready?: boolean;
  readonly nodeName?: string;
}

/** One port of a slice, or one endpoint, may be all there is to say. */
export interface SliceText {
  readonly service: string;
  readonly family?: Family;
  readonly ports?: readonly PortText[];
  readonly endpoints: readonly (EndpointText | Address)[];
}

const HTTP: readonly PortText[] = [{ port: 80 }];
const POD: readonly PortText[] = [{ port: 9376 }];

export function service({
  name,
  clusterIPs = [],
  ports = HTTP,
  labels = {},
  spec = {},
  ingress = [],
  annotations = {},
}: ServiceText): object {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default', labels, annotations },
    spec: { clusterIP: clusterIPs[0], clusterIPs, ports, ...spec },
    status: { loadBalancer: { ingress: ingress.map((ip) => ({ ip })) } },
  };
}

let slices = 0;

export function slice({ service: name, family = 'IPv4', ports = POD, endpoints }: SliceText): object {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${name}-${++slices}`,
      namespace: 'default',
      labels: { 'kubernetes.io/service-name': name },
    },
    addressType: family,
    ports: ports.map(({ name: port = '', protocol = 'TCP', port: number }) => ({
      name: port,
      protocol,
      port: number,
    })),
    endpoints: endpoints.map(endpoint),
  };
}

function endpoint(text: EndpointText | Address): object {
  if (typeof text === 'string') return { addresses: [text], conditions: { ready: true } };
  const { address, ready = true, nodeName } = text;
  return { addresses: [address], conditions: { ready }, ...(nodeName !== undefined && { nodeName }) };
}
