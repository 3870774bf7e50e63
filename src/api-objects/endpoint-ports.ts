import type { EndpointPort } from '../model/endpoint-slice.js';
import type { Field } from './field.js';
import { readPortName, readPortNumber, readProtocol } from './port-fields.js';

/** What the API server allows in one slice. More is used all the same. */
const MOST_PORTS = 100;

/** The target ports that make sense; of two with one name the first stays. */
export function readEndpointPorts(slice: Field): readonly EndpointPort[] {
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
