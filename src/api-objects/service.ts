import type { Service } from '../model/service.js';
import { serviceKey } from '../model/service-key.js';
import { readAffinityTimeout } from './affinity.js';
import { readClusterIPs } from './cluster-ips.js';
import { readCreationTime } from './creation-time.js';
import { readExternalAddresses } from './external-addresses.js';
import type { Field } from './field.js';
import { readHealthCheckPort } from './health-check-port.js';
import type { Identity } from './identity.js';
import { HEADLESS, label, PROXY_NAME } from './labels.js';
import { DNS_LABEL } from './names.js';
import { reportUnknownAnnotations } from './own-annotations.js';
import { readScheduling } from './scheduler.js';
import { readDrainDeadline, readSlowStart } from './seconds.js';
import { readServicePorts } from './service-ports.js';
import { readServiceType } from './service-type.js';
import { readSourceRanges } from './source-ranges.js';
import { readExternalPolicy, readInternalPolicy } from './traffic-policy.js';
import { type Reader, type Reading, translate } from './translate.js';
import type { Reason, Translation } from './translation.js';
import { readWeights } from './weights.js';

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
