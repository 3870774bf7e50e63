import type { Field } from './field.js';

/** Names the Service an EndpointSlice belongs to. */
export const SERVICE_NAME = 'kubernetes.io/service-name';
/** The object is for another proxy, whatever the value. */
export const PROXY_NAME = 'service.kubernetes.io/service-proxy-name';
/** Set on slices of headless Services, whatever the value. */
export const HEADLESS = 'service.kubernetes.io/headless';
/** Our own: the IPVS scheduler of one Service. */
export const SCHEDULER = 'kube-ipvs-proxy.io/scheduler';

export function label(object: Field, name: string): Field {
  return object.child('metadata').child('labels').child(name);
}

export function annotation(object: Field, name: string): Field {
  return object.child('metadata').child('annotations').child(name);
}
