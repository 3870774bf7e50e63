import { type Address, type Family, familyOf } from '../model/address.js';
import type { Endpoint } from '../model/endpoint-slice.js';
import { readAddress } from './address-field.js';
import type { Field } from './field.js';
import { readHints, readZone } from './hints.js';
import { allowedName, DNS_SUBDOMAIN } from './names.js';

const so = 'the endpoint is left out';

type Conditions = Pick<Endpoint, 'ready' | 'serving' | 'terminating'>;

/** Undefined, with a complaint, where it cannot be reached or does not say clearly whether it may be. */
export function readEndpoint(field: Field, family: Family): Endpoint | undefined {
  if (!field.isObject(so)) return undefined;
  const address = readFirstAddress(field.child('addresses'), family);
  const conditions = readConditions(field.child('conditions'));
  const node = readNode(field.child('nodeName'));
  const zone = readZone(field.child('zone'));
  const hints = field.child('hints');
  if (address === undefined || conditions === undefined) return undefined;
  const { ready, serving, terminating } = conditions;
  // Spelled out: of a hundred thousand endpoints, those made by spreading take half as much memory again.
  if (hints.absent) return { address, ready, serving, terminating, node, zone };
  const { zoneHints, nodeHints } = readHints(hints);
  return { address, ready, serving, terminating, node, zone, zoneHints, nodeHints };
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
  if (allowedName(field.value, DNS_SUBDOMAIN)) return field.value;
  field.complain({
    expected: DNS_SUBDOMAIN.expected,
    so: 'the endpoint counts as on no known node',
    remedy: 'Write the name of its node or leave the field out.',
  });
  return undefined;
}
