import type { Translation } from '../../src/api-objects/translation.js';
import { problemText } from '../../src/model/problem.js';

/** A valid Service, with parts of its metadata and spec replaced. */
export function serviceObject(spec: object = {}, metadata: object = {}): unknown {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'shop', ...metadata },
    spec: {
      clusterIP: '10.96.0.10',
      clusterIPs: ['10.96.0.10'],
      ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 8080 }],
      ...spec,
    },
  };
}

/** A valid EndpointSlice of that Service, with parts of it replaced. */
export function sliceObject(fields: object = {}, labels: object = {}): unknown {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: 'web-x1',
      namespace: 'shop',
      labels: { 'kubernetes.io/service-name': 'web', ...labels },
    },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    endpoints: [{ addresses: ['10.244.0.5'], conditions: { ready: true }, nodeName: 'node-a' }],
    ...fields,
  };
}

export function recordOf<R>(translation: Translation<R>): R {
  if (translation.kind === 'left-alone') throw new Error(`left alone: ${translation.because}`);
  return translation.record;
}

export function reasonOf(translation: Translation<unknown>): string | undefined {
  return translation.kind === 'left-alone' ? translation.because : undefined;
}

export function textsOf(translation: Translation<unknown>): string[] {
  return translation.problems.map(problemText);
}
