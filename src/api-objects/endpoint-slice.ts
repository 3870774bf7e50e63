import { FAMILIES, type Family } from '../model/address.js';
import {
  EndpointList,
  type EndpointPort,
  type EndpointSlice,
  type Endpoints,
  sliceKey,
} from '../model/endpoint-slice.js';
import { type ServiceKey, serviceKey } from '../model/service-key.js';
import { readEndpoint } from './endpoint.js';
import type { Field } from './field.js';
import { HEADLESS, type Identity, label, PROXY_NAME, SERVICE_NAME } from './metadata.js';
import { allowedName, DNS_LABEL, DNS_SUBDOMAIN } from './names.js';
import { readPortName, readPortNumber, readProtocol } from './network-fields.js';
import { SharedCopies } from './shared-copies.js';
import { type Reader, type Reading, type Translation, translate } from './translation.js';

/** What the API server allows in one slice. More is used all the same. */
const MOST_ENDPOINTS = 1000;

/**
 * Reads an EndpointSlice (discovery.k8s.io/v1) as the API shows it or as a person wrote it. Never throws.
 * The control plane copies the label for `proxyName` from the Service.
 */
export function translateEndpointSlice(object: unknown, proxyName?: string): Translation<EndpointSlice> {
  return translate(READER, object, proxyName);
}

const READER: Reader<EndpointSlice> = {
  kind: 'EndpointSlice',
  nameRule: DNS_SUBDOMAIN,
  serviceOf,
  read: readSlice,
};

function serviceOf(object: Field, { namespace }: Identity): ServiceKey | undefined {
  const { value } = label(object, SERVICE_NAME);
  return allowedName(value, DNS_LABEL) ? serviceKey(namespace, value) : undefined;
}

function readSlice(object: Field, identity: Identity, proxyName: string | undefined): Reading<EndpointSlice> {
  if (label(object, PROXY_NAME).value !== proxyName) return { because: 'other-proxy' };
  if (label(object, HEADLESS).value !== undefined) return { because: 'headless' };
  const service = serviceOf(object, identity);
  if (service === undefined) return withoutService(label(object, SERVICE_NAME));
  const family = readFamily(object.child('addressType'));
  if (family === undefined) return { because: 'without-addresses' };
  const key = sliceKey(identity.namespace, identity.name);
  const ports = sharedPorts(readEndpointPorts(object));
  return {
    record: { key, service, family, ports, endpoints: readEndpoints(object.child('endpoints'), family) },
  };
}

function withoutService(field: Field): Reading<EndpointSlice> {
  const remedy = 'Name the Service in this label.';
  if (field.absent) field.report('EndpointSlice without a Service; it is left alone.', remedy);
  else field.complain({ expected: 'the name of a Service', so: 'the slice is left alone', remedy });
  return { because: 'without-service' };
}

function readFamily(field: Field): Family | undefined {
  const family = FAMILIES.find((known) => known === field.value);
  if (family !== undefined) return family;
  const so = 'the slice is left alone';
  if (field.value === 'FQDN') {
    field.report(
      `is FQDN, and IPVS has no names to send to; ${so}.`,
      'Write the addresses behind the names.',
    );
  } else {
    field.complain({ expected: FAMILIES.join(' or '), so, remedy: 'Write one of the two.' });
  }
  return undefined;
}

function readEndpoints(list: Field, family: Family): Endpoints {
  const fields = list.items('the slice has no endpoints');
  if (fields.length > MOST_ENDPOINTS) {
    const message = `has ${fields.length} endpoints, expected at most ${MOST_ENDPOINTS}; all are used.`;
    list.report(message, 'Split the slice.');
  }
  return new EndpointList(fields.flatMap((field) => readEndpoint(field, family) ?? []));
}

/** What the API server allows in one slice. More is used all the same. */
const MOST_PORTS = 100;

/** The target ports that make sense; of two with one name the first stays. */
function readEndpointPorts(slice: Field): readonly EndpointPort[] {
  const list = slice.child('ports');
  const fields = list.items('the slice has no ports');
  if (fields.length > MOST_PORTS) {
    list.report(
      `has ${fields.length} ports, expected at most ${MOST_PORTS}; all are used.`,
      'Split the slice.',
    );
  }
  const names = new Set<string>();
  return fields.flatMap((field) => {
    const port = readEndpointPort(field);
    return port === undefined || isTaken(field, port.name, names) ? [] : [port];
  });
}

const portLists = new SharedCopies<readonly EndpointPort[]>();

/** Nearly all slices of a cluster have one of a few lists. */
function sharedPorts(ports: readonly EndpointPort[]): readonly EndpointPort[] {
  return portLists.of(JSON.stringify(ports), () => ports.slice());
}

/** A port without a number means "any port" to other consumers; kube-proxy passes over it, and so does this. */
function readEndpointPort(field: Field): EndpointPort | undefined {
  if (!field.isObject('the port is left out') || field.child('port').absent) return undefined;
  const name = readPortName(field.child('name'));
  const protocol = readProtocol(field.child('protocol'));
  const port = readPortNumber(field.child('port'));
  if (name === undefined || protocol === undefined || port === undefined) return undefined;
  return { name, protocol, port };
}

function isTaken(field: Field, name: string, names: Set<string>): boolean {
  if (!names.has(name)) {
    names.add(name);
    return false;
  }
  const named = name === '' ? 'without a name' : `named ${name}`;
  field.report(`is another port ${named}; the port is left out.`, 'Give each port its own name.');
  return true;
}
