import { shownName } from '../files/shown.js';
import { type Address, parseAddress } from '../model/address.js';
import type { NodeAddresses, NodeRecord } from '../model/node.js';
import type { Problem } from '../model/problem.js';
import { Complaints, Field } from './field.js';
import { label, ZONE } from './metadata.js';
import { allowedName, DNS_SUBDOMAIN } from './names.js';
import { readAddress, readCIDR } from './network-fields.js';
import type { Translation } from './translation.js';

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

// Written `Port`, unlike every other field; the kubelet alone writes it, so that a wrong one is no problem that a
// person could mend.
function readKubeletPort(status: Field): number | undefined {
  const port = status.section('daemonEndpoints').section('kubeletEndpoint').child('Port').value;
  return typeof port === 'number' && Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined;
}

function isEligible(root: Field): boolean {
  if (!root.section('metadata').child('deletionTimestamp').absent) return false;
  const taints = root.section('spec').child('taints').items('the Node has no taints');
  return !taints.some((taint) => taint.child('key').value === LEAVING);
}

/**
 * Of these types an address is always an IP address, in this order; host names and what a cloud adds to them need not
 * be.
 */
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

function nodeSubject(root: Field): string {
  return `Node ${shownName(root.child('metadata').child('name').value)}`;
}

/** Undefined, with a complaint, where it is no name. */
function readNodeName(root: Field): string | undefined {
  const field = root.section('metadata').child('name');
  if (allowedName(field.value, DNS_SUBDOMAIN)) return field.value;
  const remedy = 'Give it a valid name.';
  field.complain({ expected: DNS_SUBDOMAIN.expected, so: 'the object is left alone', remedy });
  return undefined;
}

/** Those of type InternalIP, then those of type ExternalIP. `list` is `status.addresses`. */
function readIPs(list: Field): readonly Address[] {
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

/** The columns of `kubectl get nodes -o wide` that show addresses: the first InternalIP, and the first ExternalIP. */
const ADDRESS_COLUMNS = ['Internal-IP', 'External-IP'] as const;

/** What such a cell says where a Node has none. */
const NONE = '<none>';

type Column = 'Name' | (typeof ADDRESS_COLUMNS)[number];

/** In which cell of a row what is found. */
type NodeColumns = Readonly<Record<Column, number>> & {
  /** -1 where it is missing. */
  readonly Status: number;
};

interface RowTranslation {
  /** Undefined where the row names no Node. */
  readonly node: NodeAddresses | undefined;
  readonly problems: readonly Problem[];
}

/**
 * Undefined where one of the columns is missing. `definitions`: columnDefinitions of a Table (meta.k8s.io/v1) of Nodes.
 */
export function nodeColumns(definitions: unknown): NodeColumns | undefined {
  const names = Array.isArray(definitions) ? definitions.map((column: unknown) => nameOf(column)) : [];
  const columns = {
    Name: names.indexOf('Name'),
    'Internal-IP': names.indexOf('Internal-IP'),
    'External-IP': names.indexOf('External-IP'),
  };
  return Object.values(columns).includes(-1) ? undefined : { ...columns, Status: names.indexOf('Status') };
}

/** Reads one row. Never throws. */
export function translateNodeRow(row: unknown, columns: NodeColumns): RowTranslation {
  const complaints = new Complaints();
  const cells = new Field(row, complaints).child('cells');
  const { value: name } = cells.entry(columns.Name);
  const subject = `Node ${shownName(name)}`;
  if (!allowedName(name, DNS_SUBDOMAIN)) {
    cells.report(
      `name no Node; the row is left out.`,
      'Look for what lies between this node and the API server.',
    );
    return { node: undefined, problems: complaints.about(subject, undefined) };
  }
  const addresses = ADDRESS_COLUMNS.flatMap((column) => {
    const cell = cells.entry(columns[column]);
    if (cell.absent || cell.value === NONE) return [];
    return readAddress(cell, `the ${column} is left out`) ?? [];
  });
  const problems = complaints.none ? [] : complaints.about(subject, undefined);
  const isReady = readReady(cells.entry(columns.Status).value);
  return { node: { name, addresses: [...new Set(addresses)], isReady }, problems };
}

/** `Ready`, `NotReady`, `Unknown` (the Node has no such condition), and after a comma whether it is cordoned. */
function readReady(status: unknown): boolean | undefined {
  const words = typeof status === 'string' ? status.split(',') : [];
  if (words.includes('NotReady')) return false;
  return words.includes('Ready') ? true : undefined;
}

function nameOf(column: unknown): unknown {
  return typeof column === 'object' && column !== null && 'name' in column ? column.name : undefined;
}
