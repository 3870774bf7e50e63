import { shownName } from '../files/shown.js';
import { type Address, parseAddress } from '../model/address.js';
import type { NodeAddresses } from '../model/node.js';
import { readAddress } from './address-field.js';
import { Complaints } from './complaints.js';
import { Field } from './field.js';
import { allowedName, DNS_SUBDOMAIN } from './names.js';
import type { Translation } from './translation.js';

/** Of these types an address is always an IP address, in this order; host names and what a cloud adds to them need not be. */
const ADDRESS_TYPES = ['InternalIP', 'ExternalIP'] as const;

/** Reads which addresses a Node (v1) has, and nothing else of it. Never throws. */
export function translateNodeAddresses(object: unknown): Translation<NodeAddresses> {
  const complaints = new Complaints();
  const root = new Field(object, complaints);
  const name = root.isObject('it is left alone') ? readNodeName(root) : undefined;
  const list = root.section('status').child('addresses');
  const addresses = name === undefined ? [] : [...new Set([...readIPs(list), ...readHostNames(list)])];
  const problems = complaints.none ? [] : complaints.about(nodeSubject(root), undefined);
  if (name === undefined) return { kind: 'left-alone', because: 'nameless', identity: undefined, problems };
  return { kind: 'translated', identity: { namespace: '', name }, record: { name, addresses }, problems };
}

export function nodeSubject(root: Field): string {
  return `Node ${shownName(root.child('metadata').child('name').value)}`;
}

/** Undefined, with a complaint, where it is no name. */
export function readNodeName(root: Field): string | undefined {
  const field = root.section('metadata').child('name');
  if (allowedName(field.value, DNS_SUBDOMAIN)) return field.value;
  const remedy = 'Give it a valid name.';
  field.complain({ expected: DNS_SUBDOMAIN.expected, so: 'the object is left alone', remedy });
  return undefined;
}

/** Those of type InternalIP, then those of type ExternalIP. `list` is `status.addresses`. */
export function readIPs(list: Field): readonly Address[] {
  const fields = list.items('the Node has no addresses');
  const found = ADDRESS_TYPES.flatMap((type) =>
    fields
      .filter((field) => field.child('type').value === type)
      .flatMap((field) => readAddress(field.child('address'), 'the address is left out') ?? []),
  );
  return [...new Set(found)];
}

// Where a kubelet is named by its address, its host name is one too. What is none is in order.
function readHostNames(list: Field): Address[] {
  if (!Array.isArray(list.value)) return [];
  return list.value.flatMap((_, index) => {
    const { type, address } = fieldsOf(list.entry(index));
    return type === 'Hostname' && typeof address === 'string' ? (parseAddress(address) ?? []) : [];
  });
}

function fieldsOf(entry: Field): { readonly type: unknown; readonly address: unknown } {
  return { type: entry.child('type').value, address: entry.child('address').value };
}
