import type { Service, ServicePort, TrafficPolicy } from '../model/service.js';
import type { Field } from './field.js';
import { readPortNumber } from './port-fields.js';
import type { ServiceType } from './service-type.js';

const POLICIES: readonly TrafficPolicy[] = ['Cluster', 'Local'];

export function readInternalPolicy(spec: Field): TrafficPolicy {
  return readPolicy(spec.child('internalTrafficPolicy'));
}

/** Local only where the Service can have clients outside the cluster; elsewhere it is reported and has no effect. */
export function readExternalPolicy(spec: Field, canBeExternal: boolean): TrafficPolicy {
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

/** Where load balancers ask after local endpoints; 0 where there is nothing to ask. */
export function readHealthCheckPort(
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
