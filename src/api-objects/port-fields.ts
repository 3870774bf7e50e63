import { PROTOCOLS, type Protocol } from '../model/protocol.js';
import type { Field } from './field.js';
import { allowedName, DNS_LABEL } from './names.js';

/** The fields that the ports of Services and of EndpointSlices share; undefined with a complaint where one is bad. */

const so = 'the port is left out';

export function readPortNumber(field: Field, instead: string = so): number | undefined {
  const { value } = field;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65535) return value;
  const remedy = typeof value === 'string' ? 'Write a number without quotes.' : 'Correct the number.';
  field.complain({ expected: 'a whole number from 1 to 65535', so: instead, remedy });
  return undefined;
}

export function readProtocol(field: Field): Protocol | undefined {
  if (field.absent) return 'TCP';
  const protocol = PROTOCOLS.find((known) => known === field.value);
  if (protocol !== undefined) return protocol;
  field.complain({ expected: 'TCP, UDP or SCTP', so, remedy: 'Write one of the three, in capitals.' });
  return undefined;
}

export function readPortName(field: Field): string | undefined {
  if (field.absent || field.value === '') return '';
  if (allowedName(field.value, DNS_LABEL)) return field.value;
  field.complain({ expected: DNS_LABEL.expected, so, remedy: 'Give the port a valid name.' });
  return undefined;
}
