import type { Address } from '../model/address.js';
import type { NodeRecord } from '../model/node.js';
import type { Problem } from '../model/problem.js';
import { readAddress } from './address-field.js';
import { readCIDR } from './cidr-field.js';
import { Complaints } from './complaints.js';
import { Field } from './field.js';
import { label, ZONE } from './labels.js';
import { allowedName, DNS_SUBDOMAIN } from './names.js';
import { shownName } from './shown.js';

export interface NodeTranslation {
  /** Undefined where the object has no valid name. */
  readonly node: NodeRecord | undefined;
  readonly problems: readonly Problem[];
}

/** Addresses of these types, in this order. Host names and what a cloud adds to them are no addresses. */
const ADDRESS_TYPES = ['InternalIP', 'ExternalIP'] as const;

/** The autoscaler sets it some minutes before it removes a Node, so that load balancers let go first (KEP-3836). */
const LEAVING = 'ToBeDeletedByClusterAutoscaler';

/** Reads a Node (v1) as the API shows it. Never throws. */
export function translateNode(object: unknown): NodeTranslation {
  const complaints = new Complaints();
  const root = new Field(object, complaints);
  const node = root.isObject('it is left alone') ? readNode(root) : undefined;
  const name = root.child('metadata').child('name').value;
  return { node, problems: complaints.none ? [] : complaints.about(`Node ${shownName(name)}`, undefined) };
}

function readNode(root: Field): NodeRecord | undefined {
  const metadata = root.section('metadata');
  const name = metadata.child('name');
  if (!allowedName(name.value, DNS_SUBDOMAIN)) {
    const remedy = 'Give it a valid name.';
    name.complain({ expected: DNS_SUBDOMAIN.expected, so: 'the object is left alone', remedy });
    return undefined;
  }
  const zone = label(root, ZONE).value;
  return {
    name: name.value,
    uid: String(metadata.child('uid').value ?? ''),
    addresses: readAddresses(root.section('status').child('addresses')),
    podCIDRs: readPodCIDRs(root.section('spec')),
    zone: typeof zone === 'string' && zone !== '' ? zone : undefined,
    eligible: isEligible(root),
  };
}

function readAddresses(list: Field): readonly Address[] {
  const fields = list.items('the Node has no addresses');
  const found = ADDRESS_TYPES.flatMap((type) =>
    fields
      .filter((field) => field.child('type').value === type)
      .flatMap((field) => readAddress(field.child('address'), 'the address is left out') ?? []),
  );
  return [...new Set(found)];
}

// `podCIDR` is what `podCIDRs` was before dual stack; every API server of today fills in both.
function readPodCIDRs(spec: Field): readonly string[] {
  const fields = spec.child('podCIDRs').items('the Node has no pod CIDRs');
  return fields.flatMap((field) => readCIDR(field) ?? []);
}

function isEligible(root: Field): boolean {
  if (!root.section('metadata').child('deletionTimestamp').absent) return false;
  const taints = root.section('spec').child('taints').items('the Node has no taints');
  return !taints.some((taint) => taint.child('key').value === LEAVING);
}
