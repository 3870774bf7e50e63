import type { Addresses } from '../../../../lab/address-plan.js';
import { FAMILIES, type Family } from '../../../../src/model/address.js';
import { type PortText, service, slice } from './api-objects.js';

export interface DualStackText {
  readonly name: string;
  readonly vip: Addresses;
  readonly pods: readonly { readonly addresses: Addresses }[];
  /** Ports of the Service; the default is TCP 80. */
  readonly ports?: readonly PortText[];
  /** Both unless said. */
  readonly families?: readonly Family[];
  /** Further fields of spec. */
  readonly spec?: object;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A Service with a slice for each family, all pods ready on port 9376. */
export function dualStack(text: DualStackText): object[] {
  const { name, vip, pods, ports, families = FAMILIES, spec, annotations = {} } = text;
  const podPorts = ports?.map((port) => ({ ...port, port: 9376 }));
  return [
    service({
      name,
      annotations,
      clusterIPs: families.map((family) => vip[family]),
      ...(ports && { ports }),
      ...(spec && { spec }),
    }),
    ...families.map((family) =>
      slice({
        service: name,
        family,
        ...(podPorts && { ports: podPorts }),
        endpoints: pods.map(({ addresses }) => addresses[family]),
      }),
    ),
  ];
}
