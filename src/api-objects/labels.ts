import type { Field } from './field.js';

/** Names the Service an EndpointSlice belongs to. */
export const SERVICE_NAME = 'kubernetes.io/service-name';
/** Names the proxy the object is for; without it, it is for the cluster's usual one. */
export const PROXY_NAME = 'service.kubernetes.io/service-proxy-name';
/** Set on slices of headless Services, whatever the value. A Service that carries it is headless too, whatever its clusterIP. */
export const HEADLESS = 'service.kubernetes.io/headless';
/** Of an EndpointSlice: when the change happened that it shows. Set by the control plane, for this one purpose: to measure. */
export const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time';
/** Of a Node: where in the cloud it is. */
export const ZONE = 'topology.kubernetes.io/zone';

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
