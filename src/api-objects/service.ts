import { isMapping } from '../model/mapping.js';
import type { Service, ServicePort, TrafficPolicy } from '../model/service.js';
import type { LiveService } from '../model/service-facts.js';
import { serviceKey } from '../model/service-key.js';
import type { Field } from './field.js';
import { HEADLESS, type Identity, label, PROXY_NAME, readCreationTime } from './metadata.js';
import { DNS_LABEL } from './names.js';
import { readPortNumber } from './network-fields.js';
import {
  readDrainDeadline,
  readNodeLocal,
  readScheduling,
  readSlowStart,
  readWeights,
  reportUnknownAnnotations,
} from './own-annotations.js';
import { readClusterIPs, readExternalAddresses, readSourceRanges } from './service-addresses.js';
import { readServicePorts, readServiceType, type ServiceType } from './service-ports.js';
import {
  type Reader,
  type Reading,
  type Reason,
  reasonText,
  type Translation,
  translate,
} from './translation.js';

/**
 * Reads a Service (v1) as the API shows it or as a person wrote it. Never throws. With a `proxyName` only Services with
 * that label are ours, without one only those that have no such label.
 */
export function translateService(object: unknown, proxyName?: string): Translation<Service> {
  return translate(READER, object, proxyName);
}

const READER: Reader<Service> = {
  kind: 'Service',
  nameRule: DNS_LABEL,
  serviceOf: (_, { namespace, name }) => serviceKey(namespace, name),
  read: readService,
};

function readService(object: Field, identity: Identity, proxyName: string | undefined): Reading<Service> {
  const because = notServed(object, proxyName);
  if (because !== undefined) return { because };
  const spec = object.child('spec');
  const clusterIPs = readClusterIPs(spec);
  if (clusterIPs.length === 0) return { because: 'unusable-cluster-ip' };
  const outside = readOutside(object, clusterIPs);
  const { schedulerFlags, weights, slowStart, ...rare } = readAnnotations(object);
  // Spelled out: of tens of thousands of Services, those made by spreading take half as much memory again.
  const record: Service = {
    key: serviceKey(identity.namespace, identity.name),
    clusterIPs,
    externalIPs: outside.externalIPs,
    loadBalancerIPs: outside.loadBalancerIPs,
    ports: outside.ports,
    externalPolicy: outside.externalPolicy,
    healthCheckNodePort: outside.healthCheckNodePort,
    sourceRanges: outside.sourceRanges,
    hasUnreadRanges: outside.hasUnreadRanges,
    internalPolicy: readInternalPolicy(spec),
    affinityTimeout: readAffinityTimeout(spec),
    schedulerFlags,
    weights,
    slowStart,
    created: readCreationTime(object),
  };
  return { record: Object.keys(rare).length === 0 ? record : { ...record, ...rare } };
}

/** The ports, and all that lets clients in by another way than a clusterIP. */
function readOutside(object: Field, clusterIPs: Service['clusterIPs']): Outside {
  const spec = object.child('spec');
  const type = readServiceType(spec);
  const addresses = readExternalAddresses(spec, object.section('status'), clusterIPs);
  const ports = readServicePorts(spec, type);
  const canBeExternal = type !== 'ClusterIP' || addresses.externalIPs.length > 0;
  const externalPolicy = readExternalPolicy(spec, canBeExternal || addresses.loadBalancerIPs.length > 0);
  return {
    ...addresses,
    ports,
    externalPolicy,
    healthCheckNodePort: readHealthCheckPort(spec, type, { externalPolicy, ports }),
    ...readSourceRanges(spec, { clusterIPs, loadBalancerIPs: addresses.loadBalancerIPs }),
  };
}

/** What the annotations ask for. */
function readAnnotations(object: Field): AnnotationFields {
  reportUnknownAnnotations(object);
  const scheduling = readScheduling(object);
  const drainDeadline = readDrainDeadline(object);
  return {
    ...scheduling,
    weights: readWeights(object, scheduling.scheduler),
    slowStart: readSlowStart(object, scheduling.scheduler),
    ...(drainDeadline !== undefined && { drainDeadline }),
    ...(readNodeLocal(object) && { prefersNodeLocal: true }),
  };
}

type Outside = Pick<
  Service,
  | 'externalIPs'
  | 'loadBalancerIPs'
  | 'ports'
  | 'externalPolicy'
  | 'healthCheckNodePort'
  | 'sourceRanges'
  | 'hasUnreadRanges'
>;

type AnnotationFields = Pick<
  Service,
  'scheduler' | 'schedulerFlags' | 'weights' | 'slowStart' | 'drainDeadline' | 'prefersNodeLocal'
>;

/** Why a proxy has nothing to do with a Service, as kube-proxy decides it. */
function notServed(object: Field, proxyName: string | undefined): Reason | undefined {
  if (label(object, PROXY_NAME).value !== proxyName) return 'other-proxy';
  if (label(object, HEADLESS).value !== undefined) return 'headless';
  const spec = object.section('spec');
  if (spec.child('type').value === 'ExternalName') return 'external-name';
  const single = spec.child('clusterIP');
  const primary = isEmpty(single) ? spec.child('clusterIPs').entry(0) : single;
  if (primary.value === 'None') return 'headless';
  return isEmpty(primary) ? 'without-cluster-ip' : undefined;
}

function isEmpty(field: Field): boolean {
  return field.absent || field.value === '';
}

/** What the API server fills in where a Service asks for ClientIP affinity and says no more. */
const DEFAULT_TIMEOUT = 10_800;
const LONGEST_TIMEOUT = 86_400;

/** Seconds of client affinity; 0 for none. */
function readAffinityTimeout(spec: Field): number {
  const affinity = spec.child('sessionAffinity');
  if (affinity.absent || affinity.value === '' || affinity.value === 'None') return 0;
  if (affinity.value === 'ClientIP') return readTimeout(spec);
  affinity.complain({ expected: 'None or ClientIP', so: 'None is used', remedy: 'Write one of the two.' });
  return 0;
}

function readTimeout(spec: Field): number {
  const config = spec.section('sessionAffinityConfig').section('clientIP');
  const field = config.child('timeoutSeconds');
  if (field.absent) return DEFAULT_TIMEOUT;
  if (isTimeout(field.value)) return field.value;
  field.complain({
    expected: `a whole number from 1 to ${LONGEST_TIMEOUT}`,
    so: `${DEFAULT_TIMEOUT} is used`,
    remedy: 'Correct the number of seconds.',
  });
  return DEFAULT_TIMEOUT;
}

function isTimeout(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= LONGEST_TIMEOUT;
}

const POLICIES: readonly TrafficPolicy[] = ['Cluster', 'Local'];

function readInternalPolicy(spec: Field): TrafficPolicy {
  return readPolicy(spec.child('internalTrafficPolicy'));
}

/** Local only where the Service can have clients outside the cluster; elsewhere it is reported and has no effect. */
function readExternalPolicy(spec: Field, canBeExternal: boolean): TrafficPolicy {
  const field = spec.child('externalTrafficPolicy');
  const policy = readPolicy(field);
  if (policy === 'Cluster' || canBeExternal) return policy;
  field.report(
    'is Local, but no client outside the cluster can reach a ClusterIP Service without externalIPs; it has no effect.',
    'Write internalTrafficPolicy if clients inside are meant, or leave the field out.',
  );
  return 'Cluster';
}

function readPolicy(field: Field): TrafficPolicy {
  if (field.absent || field.value === '') return 'Cluster';
  const policy = POLICIES.find((known) => known === field.value);
  if (policy !== undefined) return policy;
  field.complain({ expected: POLICIES.join(' or '), so: 'Cluster is used', remedy: 'Write one of the two.' });
  return 'Cluster';
}

const so = 'nobody listens on it';

/** Where load balancers ask whether there are local endpoints; 0 where there is no such port. */
function readHealthCheckPort(
  spec: Field,
  type: ServiceType,
  { externalPolicy, ports }: Pick<Service, 'externalPolicy' | 'ports'>,
): number {
  const field = spec.child('healthCheckNodePort');
  if (field.absent || field.value === 0) return 0;
  const number = readPortNumber(field, so);
  if (number === undefined) return 0;
  if (type !== 'LoadBalancer' || externalPolicy !== 'Local') {
    const needs = 'only a LoadBalancer Service with externalTrafficPolicy Local is asked';
    field.report(`is ${number}, but ${needs}; ${so}.`, 'Remove the port or set type and policy.');
    return 0;
  }
  const taker = ports.find(({ nodePort, protocol }) => nodePort === number && protocol === 'TCP');
  return taker === undefined ? number : reportTaken(field, number, taker);
}

function reportTaken(field: Field, number: number, { name, port }: ServicePort): number {
  const what = name === '' ? `port ${port}` : `port ${name}`;
  field.report(`is ${number}, which is the nodePort of ${what} as well; ${so}.`, 'Choose another number.');
  return 0;
}

/** What of a Service as the API sent it no proxy needs, and a person who looks for what is wrong does. Never throws. */
export function liveService(object: unknown, proxyName: string | undefined): LiveService {
  const translation = translateService(object, proxyName);
  const because = translation.kind === 'left-alone' ? translation.because : undefined;
  const spec = recordOf(recordOf(object).spec);
  const label = recordOf(recordOf(recordOf(object).metadata).labels)[PROXY_NAME];
  return {
    type: typeof spec.type === 'string' ? spec.type : 'ClusterIP',
    proxyName: typeof label === 'string' ? label : undefined,
    leftAlone: because && { because: reasonText(because), isOtherProxys: because === 'other-proxy' },
    selector: selectorText(recordOf(spec.selector)),
    targetPorts: targetPorts(spec.ports),
  };
}

function selectorText(selector: Readonly<Record<string, unknown>>): string | undefined {
  const pairs = Object.entries(selector).map(([key, value]) => `${key}=${String(value)}`);
  return pairs.length === 0 ? undefined : pairs.join(',');
}

// Without one it is the port itself.
function targetPorts(ports: unknown): Record<string, string> {
  const entries = Array.isArray(ports) ? ports.map(recordOf) : [];
  return Object.fromEntries(
    entries.map(({ name = '', port, targetPort = port }) => [String(name), String(targetPort)]),
  );
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return isMapping(value) ? value : {};
}
