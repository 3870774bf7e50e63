import type { ApiObject } from '../../lab/api-server/stored-object.js';
import { NODE } from '../kernel/content.js';
import type { RuleService } from './rule-service.js';

/** A Service and its EndpointSlice as the API server has them. */
export function apiObjectsOf(service: RuleService): {
  readonly service: ApiObject;
  readonly slice: ApiObject;
} {
  const { namespace, name, portName, address, port, protocol = 'TCP', endpoints, affinity } = service;
  const target = endpoints[0]?.port ?? port;
  return {
    service: {
      metadata: { namespace, name },
      spec: {
        ...{ type: 'ClusterIP', clusterIP: address, clusterIPs: [address] },
        ...{ ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack', internalTrafficPolicy: 'Cluster' },
        ...(affinity === undefined
          ? { sessionAffinity: 'None' }
          : {
              sessionAffinity: 'ClientIP',
              sessionAffinityConfig: { clientIP: { timeoutSeconds: affinity } },
            }),
        ports: [{ ...(portName !== '' && { name: portName }), protocol, port, targetPort: target }],
      },
      status: { loadBalancer: {} },
    },
    slice: {
      metadata: { namespace, name: `${name}-a`, labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      ports: [{ name: portName, protocol, port: target }],
      endpoints: endpoints.map((endpoint) => ({
        addresses: [endpoint.address],
        conditions: { ready: true, serving: true, terminating: false },
        nodeName: endpoint.isLocal ? NODE : 'node-2',
      })),
    },
  };
}
