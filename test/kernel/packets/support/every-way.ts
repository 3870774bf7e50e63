import { type Addresses, addresses } from '../../../../lab/address-plan.js';
import type { Host } from '../../../../lab/host.js';
import { FAMILIES, type Family } from '../../../../src/model/address.js';
import { type PortText, service, slice } from './api-objects.js';
import { POD_PORT } from './cluster.js';
import { both, vip } from './vips.js';

/** An address outside the cluster's ranges, as a load balancer gives them. */
export function external(number: number): Addresses {
  return addresses(`198.51.100.${number}`, `2001:db8:51::${number.toString(16)}`);
}

export interface EveryWayText {
  readonly name: string;
  /**
   * Its ClusterIPs are vip(number), its load balancer's addresses external(number), its external IPs external(number +
   * 100).
   */
  readonly number: number;
  readonly ports: readonly PortText[];
  /** At which all pods serve all ports; POD_PORT unless said. */
  readonly podPort?: number;
  readonly pods: readonly Host[];
  readonly remotePods?: readonly Host[];
  /** Further fields of spec. */
  readonly spec?: object;
}

/** A Service of every kind at once: ClusterIP, external IP, load balancer and NodePort, in both families. */
export function everyWay({
  name,
  number,
  ports,
  podPort = POD_PORT,
  pods,
  remotePods = [],
  spec = {},
}: EveryWayText): object[] {
  const endpoints = (family: Family) => [
    ...pods.map((pod) => ({ address: pod.addresses[family], nodeName: 'node-1' })),
    ...remotePods.map((pod) => ({ address: pod.addresses[family], nodeName: 'node-2' })),
  ];
  const podPorts = ports.map((port) => ({ ...port, port: podPort }));
  return [
    service({
      name,
      clusterIPs: both(vip(number)),
      ports,
      ingress: both(external(number)),
      spec: { type: 'LoadBalancer', externalIPs: both(external(number + 100)), ...spec },
    }),
    ...FAMILIES.map((family) =>
      slice({ service: name, family, ports: podPorts, endpoints: endpoints(family) }),
    ),
  ];
}
