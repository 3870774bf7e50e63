import type { Protocol } from '../model/protocol.js';
import type { Field } from './field.js';
import { readPortNumber } from './port-fields.js';
import type { ServiceType } from './service-type.js';

const so = 'the node port is left out';

/** 0 where there is none. `taken` holds those of the ports before it; one number may serve several protocols. */
export function readNodePort(
  field: Field,
  protocol: Protocol,
  type: ServiceType,
  taken: Set<string>,
): number {
  if (field.absent || field.value === 0) return 0;
  const number = readPortNumber(field, so);
  if (number === undefined) return 0;
  if (type === 'ClusterIP') {
    field.report(`is ${number}, but a ClusterIP Service has none; ${so}.`, 'Set the type NodePort.');
    return 0;
  }
  const claim = `${number}/${protocol}`;
  if (taken.has(claim)) {
    field.report(`is ${claim} a second time in this Service; ${so}.`, 'Give each port its own number.');
    return 0;
  }
  taken.add(claim);
  return number;
}
