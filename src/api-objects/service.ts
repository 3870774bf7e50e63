import type { Service } from '../model/service.js';
import { serviceKey } from '../model/service-key.js';
import { readCreationTime } from './creation-time.js';
import type { Field } from './field.js';
import type { Identity } from './identity.js';
import { HEADLESS, label, PROXY_NAME } from './labels.js';
import { DNS_LABEL } from './names.js';
import {
  readDrainDeadline,
  readSlowStart,
  readWeights,
  reportUnknownAnnotations,
} from './own-annotations.js';
import { readScheduling } from './scheduler.js';
import { readClusterIPs, readExternalAddresses } from './service-addresses.js';
import { readServicePorts } from './service-ports.js';
import { readServiceType } from './service-type.js';
import { readSourceRanges } from './source-ranges.js';
import { readExternalPolicy, readHealthCheckPort, readInternalPolicy } from './traffic-policy.js';
import { type Reader, type Reading, translate } from './translate.js';
import type { Reason, Translation } from './translation.js';

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
  const record: Service = {
    key: serviceKey(identity.namespace, identity.name),
    clusterIPs,
    ...readOutside(object, clusterIPs),
    internalPolicy: readInternalPolicy(spec),
    affinityTimeout: readAffinityTimeout(spec),
    ...readWishes(object),
    created: readCreationTime(object),
  };
  return { record };
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
function readWishes(object: Field): Wishes {
  reportUnknownAnnotations(object);
  const scheduling = readScheduling(object);
  const drainDeadline = readDrainDeadline(object);
  return {
    ...scheduling,
    weights: readWeights(object, scheduling.scheduler),
    slowStart: readSlowStart(object, scheduling.scheduler),
    ...(drainDeadline !== undefined && { drainDeadline }),
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

type Wishes = Pick<Service, 'scheduler' | 'schedulerFlags' | 'weights' | 'slowStart' | 'drainDeadline'>;

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
