import type { Field } from './field.js';

/** Names the Service an EndpointSlice belongs to. */
export const SERVICE_NAME = 'kubernetes.io/service-name';
/** The object is for another proxy, whatever the value. */
export const PROXY_NAME = 'service.kubernetes.io/service-proxy-name';
/** Set on slices of headless Services, whatever the value. */
export const HEADLESS = 'service.kubernetes.io/headless';

/** Annotations of our own, for one Service: what the Service API has no field for. */
export const OWN_PREFIX = 'kube-ipvs-proxy.io/';
export const SCHEDULER = `${OWN_PREFIX}scheduler`;
export const FLAGS = `${OWN_PREFIX}scheduler-flags`;
export const WEIGHTS = `${OWN_PREFIX}weights`;
export const SLOW_START = `${OWN_PREFIX}slow-start`;
export const DRAIN_DEADLINE = `${OWN_PREFIX}drain-deadline`;

export function label(object: Field, name: string): Field {
  return object.child('metadata').child('labels').child(name);
}

export function annotation(object: Field, name: string): Field {
  return object.child('metadata').child('annotations').child(name);
}
