import { type Address, type Family, familyOf } from '../model/address.js';
import { type Endpoint, type EndpointState, StatedEndpoint } from '../model/endpoint-slice.js';
import type { Field } from './field.js';
import { allowedName, DNS_SUBDOMAIN, LABEL_VALUE, type NameRule } from './names.js';
import { readAddress } from './network-fields.js';
import { SharedCopies } from './shared-copies.js';

const so = 'the endpoint is left out';

type Conditions = Pick<Endpoint, 'ready' | 'serving' | 'terminating'>;

/** Undefined, with a complaint, where it cannot be reached or does not say clearly whether it may be. */
export function readEndpoint(field: Field, family: Family): StatedEndpoint | undefined {
  if (!field.isObject(so)) return undefined;
  const address = readFirstAddress(field.child('addresses'), family);
  const conditions = readConditions(field.child('conditions'));
  const node = readNode(field.child('nodeName'));
  const zone = readZone(field.child('zone'));
  const hints = field.child('hints');
  if (address === undefined || conditions === undefined) return undefined;
  const { ready, serving, terminating } = conditions;
  const { zoneHints, nodeHints } = hints.absent ? NO_HINTS : readHints(hints);
  const state = sharedState({ ready, serving, terminating, node, zone, zoneHints, nodeHints });
  return new StatedEndpoint(address, state);
}

const NO_HINTS: Hints = { zoneHints: undefined, nodeHints: undefined };

const states = new SharedCopies<EndpointState[]>();

/** More than an endpoint on one node can be: conditions, times the hints of a few zones. */
const MOST_STATES = 64;

/** The same object for equal states, which are those of one node: names and lists are shared, so that these compare. */
function sharedState(state: EndpointState): EndpointState {
  const ofNode = states.of(state.node ?? '', () => []);
  const known = ofNode.find((other) => isSame(other, state));
  if (known !== undefined) return known;
  if (ofNode.length === MOST_STATES) ofNode.length = 0;
  ofNode.push(state);
  return state;
}

function isSame(a: EndpointState, b: EndpointState): boolean {
  return (
    a.ready === b.ready &&
    a.serving === b.serving &&
    a.terminating === b.terminating &&
    a.zone === b.zone &&
    a.zoneHints === b.zoneHints &&
    a.nodeHints === b.nodeHints
  );
}

// The API lets consumers take the first address only, and kube-proxy does.
function readFirstAddress(addresses: Field, family: Family): Address | undefined {
  const first = addresses.entry(0);
  if (first.absent) {
    addresses.complain({ expected: 'a list with an address', so, remedy: 'List the address of the pod.' });
    return undefined;
  }
  const address = readAddress(first, so);
  if (address === undefined || familyOf(address) === family) return address;
  const remedy = 'Move the endpoint to a slice of its own family.';
  first.report(`is ${address}, but the slice is of addressType ${family}; ${so}.`, remedy);
  return undefined;
}

/** What a slice does not say counts as: ready, serving as far as ready, and not terminating. */
function readConditions(field: Field): Conditions | undefined {
  if (!field.absent && !field.isObject(so)) return undefined;
  const ready = readFlag(field.child('ready'), true);
  const serving = readFlag(field.child('serving'), ready);
  const terminating = readFlag(field.child('terminating'), false);
  if (ready === undefined || serving === undefined || terminating === undefined) return undefined;
  return { ready, serving, terminating };
}

function readFlag(field: Field, unsaid: boolean | undefined): boolean | undefined {
  if (field.absent) return unsaid;
  if (typeof field.value === 'boolean') return field.value;
  field.complain({ expected: 'true or false', so, remedy: 'Write true or false, without quotes.' });
  return undefined;
}

function readNode(field: Field): string | undefined {
  if (field.absent || field.value === '') return undefined;
  if (allowedName(field.value, DNS_SUBDOMAIN)) return sharedName(field.value);
  field.complain({
    expected: DNS_SUBDOMAIN.expected,
    so: 'the endpoint counts as on no known node',
    remedy: 'Write the name of its node or leave the field out.',
  });
  return undefined;
}

type Hints = Pick<Endpoint, 'zoneHints' | 'nodeHints'>;

/** Where an endpoint is and for whom it is (KEP-2433, KEP-3015). What makes no sense costs the preference only. */
function readZone(field: Field): string | undefined {
  if (field.absent || field.value === '') return undefined;
  if (allowedName(field.value, LABEL_VALUE)) return sharedName(field.value);
  field.complain({
    expected: LABEL_VALUE.expected,
    so: 'the endpoint counts as in no known zone',
    remedy: 'Write the name of its zone or leave the field out.',
  });
  return undefined;
}

function readHints(field: Field): Hints {
  if (!field.isObject('the endpoint counts as without hints')) return {};
  const zoneHints = readNames(field.child('forZones'), LABEL_VALUE);
  const nodeHints = readNames(field.child('forNodes'), DNS_SUBDOMAIN);
  return { zoneHints, nodeHints };
}

function readNames(list: Field, rule: NameRule): readonly string[] | undefined {
  if (list.absent) return undefined;
  const names = list.items('the hint is left out').flatMap((entry) => {
    const name = entry.child('name');
    if (allowedName(name.value, rule)) return [name.value];
    name.complain({ expected: rule.expected, so: 'the hint is left out', remedy: 'Correct the name.' });
    return [];
  });
  return names.length === 0 ? undefined : sharedList(names);
}

const names = new SharedCopies<string>();
const lists = new SharedCopies<readonly string[]>();

function sharedName(name: string): string {
  return names.of(name, () => name);
}

/** A list with these names in this order, the same one each time. */
function sharedList(list: readonly string[]): readonly string[] {
  return lists.of(list.join(' '), () => list.map(sharedName));
}
