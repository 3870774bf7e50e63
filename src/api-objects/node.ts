import type { NodeRecord } from '../model/node.js';
import type { Problem } from '../model/problem.js';
import { readCIDR } from './cidr-field.js';
import { Complaints } from './complaints.js';
import { Field } from './field.js';
import { label, ZONE } from './labels.js';
import { nodeSubject, readIPs, readNodeName } from './node-addresses.js';

interface NodeTranslation {
  /** Undefined where the object has no valid name. */
  readonly node: NodeRecord | undefined;
  readonly problems: readonly Problem[];
}

/** The autoscaler sets it some minutes before it removes a Node, so that load balancers let go first (KEP-3836). */
const LEAVING = 'ToBeDeletedByClusterAutoscaler';

/** Reads a Node (v1) as the API shows it. Never throws. */
export function translateNode(object: unknown): NodeTranslation {
  const complaints = new Complaints();
  const root = new Field(object, complaints);
  const node = root.isObject('it is left alone') ? readNode(root) : undefined;
  return { node, problems: complaints.none ? [] : complaints.about(nodeSubject(root), undefined) };
}

function readNode(root: Field): NodeRecord | undefined {
  const metadata = root.section('metadata');
  const name = readNodeName(root);
  if (name === undefined) return undefined;
  const zone = label(root, ZONE).value;
  return {
    name,
    uid: String(metadata.child('uid').value ?? ''),
    addresses: readIPs(root.section('status').child('addresses')),
    podCIDRs: readPodCIDRs(root.section('spec')),
    kubeletPort: readKubeletPort(root.section('status')),
    zone: typeof zone === 'string' && zone !== '' ? zone : undefined,
    eligible: isEligible(root),
  };
}

// `podCIDR` is what `podCIDRs` was before dual stack; every API server of today fills in both.
function readPodCIDRs(spec: Field): readonly string[] {
  const fields = spec.child('podCIDRs').items('the Node has no pod CIDRs');
  return fields.flatMap((field) => readCIDR(field) ?? []);
}

// Written `Port`, unlike every other field; the kubelet alone writes it, so that nobody is to be told where it is wrong.
function readKubeletPort(status: Field): number | undefined {
  const port = status.section('daemonEndpoints').section('kubeletEndpoint').child('Port').value;
  return typeof port === 'number' && Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined;
}

function isEligible(root: Field): boolean {
  if (!root.section('metadata').child('deletionTimestamp').absent) return false;
  const taints = root.section('spec').child('taints').items('the Node has no taints');
  return !taints.some((taint) => taint.child('key').value === LEAVING);
}
