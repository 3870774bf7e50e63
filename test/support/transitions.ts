import { POD_1, POD_1_6, POD_2, POD_2_6, POD_3, VIP_A, VIP_A6, VIP_B } from './addresses.js';
import type { Change } from './arbitrary-cluster.js';
import { anEndpoint, aService, aSlice, HTTP } from './objects.js';

/** A change of the cluster as people know it: what was there, and what they did. */
export interface Transition {
  readonly name: string;
  readonly before: readonly Change[];
  readonly after: readonly Change[];
}

const put = (...objects: Extract<Change, { kind: 'put' }>['object'][]): Change[] =>
  objects.map((object) => ({ kind: 'put', object }));

const web = aService('web', [VIP_A]);
const dns = aService('dns', [VIP_B], { ports: [{ name: 'dns', protocol: 'UDP', port: 53, nodePort: 0 }] });
const dnsPorts = [{ name: 'dns', protocol: 'UDP', port: 5_353 }] as const;
const leaving = (pod: typeof POD_1) => anEndpoint(pod, { ready: false, terminating: true });

export const TRANSITIONS: readonly Transition[] = [
  {
    name: 'the first start',
    before: [],
    after: put(
      aService('kubernetes', [VIP_B]),
      aSlice('kubernetes', [POD_3]),
      aService('web', [VIP_A, VIP_A6]),
      aSlice('web', [POD_1, POD_2]),
      aSlice('web', [POD_1_6, POD_2_6], { name: 'web-6' }),
    ),
  },
  {
    name: 'an endpoint replaced',
    before: put(web, aSlice('web', [POD_1])),
    after: put(aSlice('web', [POD_2])),
  },
  {
    name: 'a rolling update with a terminating pod',
    before: put(web, aSlice('web', [POD_1, POD_2])),
    after: put(
      aSlice('web', [POD_1, POD_2, POD_3], {
        endpoints: [leaving(POD_1), leaving(POD_2), anEndpoint(POD_3)],
      }),
    ),
  },
  {
    name: 'a Service deleted',
    before: put(web, aSlice('web', [POD_1, POD_2]), dns, aSlice('dns', [POD_3], { ports: dnsPorts })),
    after: [{ kind: 'delete-service', service: web }],
  },
  {
    name: 'a VIP moved',
    before: put(web, aSlice('web', [POD_1])),
    after: put(aService('web', [VIP_B])),
  },
  {
    name: 'a second family added',
    before: put(web, aSlice('web', [POD_1])),
    after: put(aService('web', [VIP_A, VIP_A6]), aSlice('web', [POD_1_6], { name: 'web-6' })),
  },
  {
    name: 'a port changed',
    before: put(web, aSlice('web', [POD_1])),
    after: put(aService('web', [VIP_A], { ports: [{ ...HTTP, port: 81 }] })),
  },
  {
    name: 'a target port changed',
    before: put(web, aSlice('web', [POD_1, POD_2])),
    after: put(aSlice('web', [POD_1, POD_2], { ports: [{ name: 'http', protocol: 'TCP', port: 9_090 }] })),
  },
  {
    name: 'scheduler and affinity changed',
    before: put(web, aSlice('web', [POD_1])),
    after: put(aService('web', [VIP_A], { scheduler: 'lc', affinityTimeout: 60 })),
  },
  {
    name: 'a UDP endpoint replaced',
    before: put(dns, aSlice('dns', [POD_1, POD_2], { ports: dnsPorts })),
    after: put(aSlice('dns', [POD_2, POD_3], { ports: dnsPorts })),
  },
  {
    name: 'a frontend handed to another Service',
    before: put(
      web,
      aSlice('web', [POD_1]),
      aService('late', [VIP_A], { created: 1 }),
      aSlice('late', [POD_2]),
    ),
    after: [{ kind: 'delete-service', service: web }],
  },
  {
    name: 'the last endpoint gone',
    before: put(web, aSlice('web', [POD_1])),
    after: put(aSlice('web', [])),
  },
];
