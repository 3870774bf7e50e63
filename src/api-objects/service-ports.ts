import type { Protocol } from '../model/protocol.js';
import { hasNodePort, type ServicePort } from '../model/service.js';
import type { Field } from './field.js';
import { readPortName, readPortNumber, readProtocol } from './network-fields.js';
import { SharedCopies } from './shared-copies.js';

/** The ports that make sense. Of two with one name, or with one number and protocol, the first stays. */
export function readServicePorts(spec: Field, type: ServiceType): readonly ServicePort[] {
  const names = new Set<string>();
  const numbers = new Set<string>();
  const nodePorts = new Set<string>();
  const list = spec.child('ports');
  const ports = list.items('the Service has no ports').flatMap((field): ServicePort[] => {
    const own = readServicePort(field);
    if (own === undefined || isTaken(field, own, names, numbers)) return [];
    const { name, protocol, port } = own;
    const nodePort = readNodePort(field.child('nodePort'), protocol, type, nodePorts);
    return [{ name, protocol, port, nodePort }];
  });
  if (list.absent) reportNone(list);
  return ports.some(hasNodePort) ? ports.slice() : sharedPorts(ports);
}

const lists = new SharedCopies<readonly ServicePort[]>();

/** Nearly all Services without NodePorts have one of a few lists. */
function sharedPorts(ports: readonly ServicePort[]): readonly ServicePort[] {
  return lists.of(JSON.stringify(ports), () => ports.slice());
}

type Own = Omit<ServicePort, 'nodePort'>;

function readServicePort(field: Field): Own | undefined {
  if (!field.isObject('the port is left out')) return undefined;
  const name = readPortName(field.child('name'));
  const protocol = readProtocol(field.child('protocol'));
  const port = readPortNumber(field.child('port'));
  if (name === undefined || protocol === undefined || port === undefined) return undefined;
  return { name, protocol, port };
}

function isTaken(field: Field, { name, protocol, port }: Own, names: Set<string>, numbers: Set<string>) {
  const number = `${port}/${protocol}`;
  if (names.has(name)) {
    const named = name === '' ? 'without a name' : `named ${name}`;
    field.report(`is another port ${named}; the port is left out.`, 'Give each port its own name.');
    return true;
  }
  if (numbers.has(number)) {
    field.report(`is another port ${number}; the port is left out.`, 'Remove one of the two.');
    return true;
  }
  names.add(name);
  numbers.add(number);
  return false;
}

function reportNone(list: Field): void {
  list.complain({ expected: 'at least one port', so: 'the Service has no ports', remedy: 'List its ports.' });
}

const so = 'the node port is left out';

/** 0 where there is none. `taken` holds those of the ports before it; one number may serve several protocols. */
function readNodePort(field: Field, protocol: Protocol, type: ServiceType, taken: Set<string>): number {
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

/** ExternalName Services are sorted out before: no proxy has anything to do with them. */
const TYPES = ['ClusterIP', 'NodePort', 'LoadBalancer'] as const;

export type ServiceType = (typeof TYPES)[number];

export function readServiceType(spec: Field): ServiceType {
  const field = spec.child('type');
  if (field.absent || field.value === '') return 'ClusterIP';
  const type = TYPES.find((known) => known === field.value);
  if (type !== undefined) return type;
  field.complain({
    expected: `${TYPES.join(', ')} or ExternalName`,
    so: 'it counts as ClusterIP',
    remedy: 'Write one of the four.',
  });
  return 'ClusterIP';
}
