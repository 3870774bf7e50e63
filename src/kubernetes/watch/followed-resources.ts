import { HEADLESS, PROXY_NAME } from '../../api-objects/labels.js';
import type { Resource } from './resource.js';

/** What is asked of the API server: nothing that this proxy would leave alone anyway. */

export function services(proxyName: string | undefined): Resource {
  const labelSelector = `!${HEADLESS},${proxySelector(proxyName)}`;
  return { name: 'services', group: '', path: '/api/v1/services', labelSelector };
}

/** The control plane copies both labels from Services; a slice made by hand has to carry them. */
export function endpointSlices(proxyName: string | undefined): Resource {
  return {
    name: 'endpointslices',
    group: 'discovery.k8s.io',
    path: '/apis/discovery.k8s.io/v1/endpointslices',
    labelSelector: `!${HEADLESS},${proxySelector(proxyName)}`,
  };
}

/** Only this one: all Nodes together change many times a second in a large cluster. */
export function oneNode(name: string): Resource {
  return { name: 'nodes', group: '', path: '/api/v1/nodes', fieldSelector: `metadata.name=${name}` };
}

/** Not followed, for that reason, but looked at seldom: decision 10. */
export const ALL_NODES: Resource = { name: 'nodes', group: '', path: '/api/v1/nodes' };

/** Since Kubernetes 1.33; older servers do not have it. */
export const SERVICE_CIDRS: Resource = {
  name: 'servicecidrs',
  group: 'networking.k8s.io',
  path: '/apis/networking.k8s.io/v1/servicecidrs',
  optional: true,
};

function proxySelector(proxyName: string | undefined): string {
  return proxyName === undefined ? `!${PROXY_NAME}` : `${PROXY_NAME}=${proxyName}`;
}
