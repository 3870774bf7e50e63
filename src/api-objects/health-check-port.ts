import type { Service, ServicePort } from '../model/service.js';
import type { Field } from './field.js';
import { readPortNumber } from './port-fields.js';
import type { ServiceType } from './service-type.js';

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
