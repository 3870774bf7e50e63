import { shownName } from '../files/shown.js';
import { Complaints, Field } from './field.js';
import { allowedName, DNS_LABEL, type NameRule } from './names.js';

/** Which object it is, among those of its kind. */
export interface Identity {
  readonly namespace: string;
  readonly name: string;
}

/** Undefined, with a complaint, where namespace or name is none. */
export function readIdentity(object: Field, nameRule: NameRule): Identity | undefined {
  if (!object.isObject('it is left alone')) return undefined;
  const metadata = object.section('metadata');
  for (const map of ['labels', 'annotations']) metadata.section(map);
  const namespace = readNamespace(metadata.child('namespace'));
  const name = readName(metadata.child('name'), nameRule);
  return namespace === undefined || name === undefined ? undefined : { namespace, name };
}

/** `Service default/web`, also where the names are no names. */
export function subjectOf(kind: string, object: Field): string {
  const metadata = object.child('metadata');
  const namespace = shownName(metadata.child('namespace').value || 'default');
  return `${kind} ${namespace}/${shownName(metadata.child('name').value)}`;
}

// kubectl takes '' for no namespace, and puts such an object into "default".
function readNamespace(field: Field): string | undefined {
  return field.absent || field.value === '' ? 'default' : readName(field, DNS_LABEL);
}

function readName(field: Field, rule: NameRule): string | undefined {
  if (allowedName(field.value, rule)) return field.value;
  field.complain({
    expected: rule.expected,
    so: 'the object is left alone',
    remedy: 'Give it a valid name.',
  });
  return undefined;
}

/** Names the Service an EndpointSlice belongs to. */
export const SERVICE_NAME = 'kubernetes.io/service-name';
/** Names the proxy the object is for; without it, it is for the cluster's usual one. */
export const PROXY_NAME = 'service.kubernetes.io/service-proxy-name';
/**
 * Set on slices of headless Services, whatever the value. A Service that carries it is headless too, whatever its
 * clusterIP.
 */
export const HEADLESS = 'service.kubernetes.io/headless';
/**
 * Of an EndpointSlice: when the change happened that it shows. Set by the control plane, for this one purpose: to
 * measure.
 */
const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time';
/** Of a Node: where in the cloud it is. */
export const ZONE = 'topology.kubernetes.io/zone';

/** Annotations of our own, for one Service: what the Service API has no field for. */
export const OWN_PREFIX = 'kube-ipvs-proxy.io/';
export const SCHEDULER = `${OWN_PREFIX}scheduler`;
export const FLAGS = `${OWN_PREFIX}scheduler-flags`;
export const WEIGHTS = `${OWN_PREFIX}weights`;
export const SLOW_START = `${OWN_PREFIX}slow-start`;
export const DRAIN_DEADLINE = `${OWN_PREFIX}drain-deadline`;
export const NODE_LOCAL = `${OWN_PREFIX}node-local`;

export function label(object: Field, name: string): Field {
  return object.child('metadata').child('labels').child(name);
}

export function annotation(object: Field, name: string): Field {
  return object.child('metadata').child('annotations').child(name);
}

/** The parts of an annotation that lists something with commas; none with a complaint where it is no text. */
export function listedIn(field: Field, so: string): readonly string[] {
  const text = textOf(field, so);
  return text === undefined ? [] : text.split(',').flatMap((part) => part.trim() || []);
}

/** Undefined where the annotation is absent, and with a complaint where it is no text. */
export function textOf(field: Field, so: string): string | undefined {
  const { value } = field;
  if (field.absent || typeof value === 'string') return value?.toString().trim();
  field.complain({ expected: 'text', so, remedy: 'Annotations are text: write it in quotes.' });
  return undefined;
}

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/** Milliseconds since 1970; 0 where the object does not say, as in a file written by hand. */
export function readCreationTime(object: Field): number {
  const field = object.child('metadata').child('creationTimestamp');
  if (field.absent) return 0;
  const time = parseTime(field.value);
  if (!Number.isNaN(time)) return Math.max(0, time);
  field.complain({
    expected: 'a time such as 2026-01-31T12:00:00Z',
    so: 'the object counts as the oldest',
    remedy: 'Correct the time or leave the field out.',
  });
  return 0;
}

/** Milliseconds since 1970; NaN where it is no time. */
function parseTime(value: unknown): number {
  return typeof value === 'string' && RFC_3339.test(value) ? Date.parse(value) : Number.NaN;
}

/**
 * When the change happened that an EndpointSlice shows, in milliseconds since 1970; undefined where it does not say.
 * Nothing depends on it but a measurement, so a time that is none is no problem either.
 */
export function triggerTime(slice: unknown): number | undefined {
  const { value } = annotation(new Field(slice, new Complaints()), TRIGGER_TIME);
  const time = parseTime(value);
  return Number.isNaN(time) ? undefined : time;
}
