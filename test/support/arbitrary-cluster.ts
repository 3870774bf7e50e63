import fc from 'fast-check';
import type { Address } from '../../src/model/address.js';
import type { Endpoint, EndpointPort, EndpointSlice } from '../../src/model/endpoint-slice.js';
import type { Service, ServicePort } from '../../src/model/service.js';
import { POD_1, POD_1_6, POD_2, POD_2_6, POD_3, VIP_A, VIP_A6, VIP_B } from './addresses.js';
import type { HandSource } from './hand-source.js';
import { anEndpoint, aService, aSlice } from './objects.js';

/** One thing that the source tells. */
export type Change =
  | { readonly kind: 'put'; readonly object: Service | EndpointSlice }
  | { readonly kind: 'delete-service'; readonly service: Service }
  | { readonly kind: 'delete-slice'; readonly slice: EndpointSlice };

export function apply(source: HandSource, changes: readonly Change[]): void {
  for (const change of changes)
    if (change.kind === 'put') source.put(change.object);
    else if (change.kind === 'delete-service') source.deleteService(change.service);
    else source.deleteSlice(change.slice);
}

// Three Services, of which one is the API server's own, on three VIPs: they collide often.
const NAMES = ['web', 'other', 'kubernetes'] as const;
const PORTS: readonly ServicePort[] = [
  { name: 'http', protocol: 'TCP', port: 80, nodePort: 0 },
  { name: 'https', protocol: 'TCP', port: 443, nodePort: 0 },
  { name: 'dns', protocol: 'UDP', port: 80, nodePort: 0 },
];
const TARGETS: readonly EndpointPort[] = PORTS.map(({ name, protocol, port }) => ({
  name,
  protocol,
  port: port + 8_000,
}));

export const service: fc.Arbitrary<Service> = fc
  .record({
    name: fc.constantFrom(...NAMES),
    clusterIPs: fc.constantFrom<readonly Address[]>([VIP_A], [VIP_B], [VIP_A6], [VIP_A, VIP_A6]),
    ports: fc.subarray([...PORTS], { minLength: 1 }),
    affinityTimeout: fc.constantFrom(0, 60),
    created: fc.integer({ min: 0, max: 2 }),
  })
  .map(({ name, clusterIPs, ...over }) => aService(name, clusterIPs, over));

export const slice: fc.Arbitrary<EndpointSlice> = fc
  .record({
    service: fc.constantFrom(...NAMES),
    pods: fc.constantFrom<readonly Address[]>([POD_1, POD_2, POD_3], [POD_1_6, POD_2_6]),
    part: fc.constantFrom(1, 2),
  })
  .chain(({ service, pods, part }) =>
    fc
      .subarray([...pods])
      .chain((chosen) => fc.tuple(...chosen.map(endpoint)))
      .map((endpoints) => ({
        ...aSlice(service, pods, { name: `${service}-${pods.length}-${part}`, ports: TARGETS }),
        endpoints,
      })),
  );

export const change: fc.Arbitrary<Change> = fc.oneof(
  { arbitrary: slice.map((object): Change => ({ kind: 'put', object })), weight: 5 },
  { arbitrary: service.map((object): Change => ({ kind: 'put', object })), weight: 3 },
  { arbitrary: service.map((service): Change => ({ kind: 'delete-service', service })), weight: 1 },
  { arbitrary: slice.map((slice): Change => ({ kind: 'delete-slice', slice })), weight: 1 },
);

/** Changes that arrive together. */
export const changes: fc.Arbitrary<Change[]> = fc.array(change, { minLength: 1, maxLength: 6 });

function endpoint(pod: Address): fc.Arbitrary<Endpoint> {
  return fc
    .constantFrom<Partial<Endpoint>>(
      {},
      {},
      { node: 'node-2' },
      { ready: false, terminating: true },
      { ready: false, serving: false },
    )
    .map((over) => anEndpoint(pod, over));
}
